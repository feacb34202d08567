# Every target sets up what it needs; the second time that takes no time. Variables: PYTHON=…, ARGS="…" for the tool.
.PHONY: demo check test long lint bench image deployment screenshots

demo:   ## today's question in this terminal; `make demo < commands.txt` plays a script
	@sh scripts/run prepare bot sandbox && exec .venv/bin/chainrule console $(ARGS)

check:  ## prove question files: all of them, or `make check ARGS=questions/x.md`
	@sh scripts/run prepare bot sandbox && exec .venv/bin/chainrule check $(or $(ARGS),questions)

test:   ## every test, two files at a time; with a Docker engine if there is one or root may start one
	@sh scripts/run prepare bot sandbox && exec sh scripts/run with_docker .venv/bin/pytest $(or $(ARGS),-n 2 --dist loadfile)

long:   ## what takes minutes and is no part of `make test`: judges that come and go while people answer, above all
	@sh scripts/run prepare bot sandbox && exec sh scripts/run with_docker .venv/bin/pytest -m long -s $(ARGS)

lint:   ## style and types
	@sh scripts/run prepare bot && .venv/bin/ruff check && .venv/bin/ruff format --check && .venv/bin/mypy

bench:  ## every figure of docs/performance.md
	@sh scripts/run prepare bot sandbox && exec sh scripts/run with_docker .venv/bin/python -m bench $(ARGS)

image:  ## the image of a cell
	@sh scripts/run prepare bot && exec sh scripts/run image

deployment: ## what docker compose needs and git does not keep: .env and secrets/, as far as they are missing
	@sh scripts/run deployment

screenshots: ## the pictures of docs/chat: a day on Discord and Slack, drawn by Chromium
	@sh scripts/run prepare bot sandbox && exec .venv/bin/python -m scripts.screenshots $(ARGS)
