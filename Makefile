.DEFAULT_GOAL := help
.PHONY: help demo test test-faults test-real lint format bench fuzz

help:     ## Print the targets.
	@sed -n 's/make maj-/make /; s/^\(maj-\)*\([a-z-]*\): *[a-z_\/. -]*## \(.*\)/\2	\3/p' $(MAKEFILE_LIST) | awk -F '\t' '{printf "  make %-13s %s\n", $$1, $$2}'

demo: node_modules ## Watch an example application being upgraded, and a bad release being rolled back.
	@npm run --silent demo -- $(ARGS)
test: node_modules ## Run every check and test, on every server found.
	@npm test --silent
test-faults: node_modules ## Kill and starve everything at every point, for hours; `make test` takes some of them.
	@FAULTS=$${FAULTS:-all} npm test --silent -- --project faults
test-real: node_modules ## Upgrade real applications, which it downloads, there and back; see test/real/README.md.
	@TEST_REAL=yes npm test --silent -- --project real $(ARGS)
lint: node_modules ## Check style and types.
	@npm run --silent lint
format: node_modules ## Format everything.
	@npm run --silent format
bench: node_modules ## Measure speed and memory against the plain tools.
	@npm run --silent bench -- $(ARGS)
fuzz: node_modules ## Compare the splitter with the clients for ten minutes, on generated scripts.
	@npm run --silent fuzz -- $(ARGS)

node_modules: package.json package-lock.json
	@npm ci --no-audit --no-fund --loglevel=error
	@touch node_modules

MAJ_COMMAND = npm run --silent maj --
include maj.mk
# Here they need no prefix.
.PHONY: $(maj-verbs)
$(maj-verbs): %: maj-%
$(addprefix maj-,$(maj-verbs)): node_modules
