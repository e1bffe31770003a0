# Everything a person or a machine does with this checkout. Nothing is left outside it but Debian packages.
.DEFAULT_GOAL := help
.PHONY: help setup demo check test bench screenshots pins format mutants

help: ## what can be made
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 10

setup: ## Python packages and assets, as pinned, for working on the code
	@scripts/setup dev

demo: ## the sample clinic on http://localhost:8000 (PORT=8001 make demo for another port)
	@scripts/demo

check: ## format, lint, types, templates, layers, migrations
	@scripts/check

test: ## every test, on PostgreSQL with Redis and on SQLite
	@scripts/test

screenshots: ## the pictures of the README, in docs/pictures
	@scripts/screenshots

bench: ## the ratios of benchmarks/
	@scripts/setup dev
	@.venv/bin/python -m benchmarks

format: ## let the formatters have their way
	@scripts/setup dev
	@.venv/bin/python -m ruff format .
	@.venv/bin/python -m ruff check --fix .
	@.venv/bin/python -m djlint --reformat --quiet templates

pins: ## compile requirements*.txt from requirements*.in
	@scripts/pins

mutants: ## break the worsening rules on purpose and see which tests notice
	@scripts/mutants
