# Every target sets up what it needs first; the work is in bootstrap.py, which Windows runs without make.
# Arguments pass through: make run ARGS="--source sim", make test ARGS="-k bars", make lock ARGS=--upgrade
PYTHON ?= python3
ARGS ?=

COMMANDS := run test setup dev lint fix bench soak generate lock clean

.PHONY: help $(COMMANDS)
.DEFAULT_GOAL := help

help:
	@echo 'make run       set up, then serve the dashboard on http://127.0.0.1:8000'
	@echo 'make test      set up, then linters, type checks and every test'
	@echo 'make dev       API with reload on :8000, dashboard from its sources on http://127.0.0.1:8080'
	@echo 'make lint      linters and type checks alone'
	@echo 'make fix       mend and format what the linters can'
	@echo 'make bench     run the benchmarks'
	@echo 'make soak      run the tests that take minutes to hours'
	@echo 'make generate  write openapi.json and the TypeScript types from the code'
	@echo 'make lock      write the Python lock files anew (ARGS=--upgrade for the newest versions)'
	@echo 'make setup     set up for development and stop there'
	@echo 'make clean     remove environments, builds and caches; keep data, logs and settings'

$(COMMANDS):
	@$(PYTHON) bootstrap.py $@ $(ARGS)
