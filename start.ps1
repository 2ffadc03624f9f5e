# Finds a Python and hands over to bootstrap.py, which sets up and runs the platform as `make run` does.
# Arguments go to the server: .\start.ps1 --source sim
$bootstrap = Join-Path $PSScriptRoot 'bootstrap.py'
$candidates = @('python3.14'), @('python3.13'), @('python3.12'), @('python3.11'), @('py', '-3'), @('python3'), @('python')

foreach ($candidate in $candidates) {
    $program = $candidate[0]
    $options = @($candidate | Select-Object -Skip 1)
    if (-not (Get-Command $program -CommandType Application -ErrorAction SilentlyContinue)) { continue }
    # Being on PATH is not enough: Windows has a `python` that only opens its store.
    & $program @options -c 'import sys; sys.exit(sys.version_info < (3, 11))' *> $null
    if ($LASTEXITCODE -eq 0) {
        & $program @options $bootstrap run @args
        exit $LASTEXITCODE
    }
}

[Console]::Error.WriteLine('Python 3.11 or newer is needed, and none is on PATH; install it from https://www.python.org/downloads/')
exit 1
