PY := .venv/bin/python

.DEFAULT_GOAL := help
.PHONY: help setup run test lint bench schema reset

help: ## say what there is
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## (.*)/make \1|\2/' | awk -F'|' '{ printf "  %-14s %s\n", $$1, $$2 }'

setup:
	@PYTHON="$(PYTHON)" sh scripts/setup.sh

run: setup ## start the whole platform here; Ctrl-C stops it. SEARCH=elasticsearch: with that
	@SEARCH="$(SEARCH)" exec $(PY) manage.py devstack

test: setup ## all checks and all tests
	@exec $(PY) -m scripts.verify

lint: setup ## the checks without the tests
	@exec $(PY) -m scripts.verify lint

bench: setup ## a table of all benches, or one: make -s bench NAME=playback [ARGS=...]
	@exec $(PY) -m tests.bench $(NAME) $(ARGS)

schema: setup ## write docs/openapi.yaml, and what web/ makes from it
	@exec $(PY) -m scripts.verify schema

reset: setup ## forget the data, the keys and the ports of make run
	@exec $(PY) manage.py devstack --reset
