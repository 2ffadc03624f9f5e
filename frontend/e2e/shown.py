"""What a page shows, held against what it stands for."""


def assert_reads_as(text: str, value: float) -> None:
    """The text is the number, rounded to the decimals that it has."""
    plain = text.replace("−", "-").replace(",", "")
    if plain.startswith("<"):
        assert value < float(plain[1:])
        return
    decimals = len(plain.partition(".")[2])
    assert abs(float(plain) - value) <= 0.5000001 * 10**-decimals, (text, value)
