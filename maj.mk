# The targets of maj, for a Makefile of your own:
#
#   MAJ = npx maj
#   include node_modules/maj-kit/maj.mk
#
# None of them holds any logic: each calls `maj <verb>`. Options go into ARGS: make restore ARGS=--yes
MAJ ?= npx maj

.PHONY: status backup backups verify restore prune migrate rehearse adopt-release apply upgrade gate

status:   ## Version, last backup, pending migrations, server, space.
	@$(MAJ) status $(ARGS)
backup:   ## Take a backup of database and files.
	@$(MAJ) backup $(ARGS)
backups:  ## List the backups, and what keeps each.
	@$(MAJ) backups $(ARGS)
verify:   ## Check the newest backup, or: make verify ARGS="package FILE".
	@$(MAJ) verify $(ARGS)
restore:  ## Put a backup back: the newest, or make restore ARGS=ID.
	@$(MAJ) restore $(ARGS)
prune:    ## Put expired backups into the trash, or: make prune ARGS=--plan.
	@$(MAJ) prune $(ARGS)
migrate:  ## Run the pending migrations, or: make migrate ARGS=--dry-run.
	@$(MAJ) migrate $(ARGS)
rehearse: ## Back up, prove the backup, migrate the copy; of a package: make rehearse ARGS=2.1.0.
	@$(MAJ) rehearse $(ARGS)
adopt-release: ## Learn the files of an application that maj did not install.
	@$(MAJ) adopt-release $(ARGS)
apply:    ## Install the files of a package: make apply ARGS=FILE.
	@$(MAJ) apply $(ARGS)
upgrade:  ## The whole guide in one command: make upgrade VERSION=2.1.0.
	@$(MAJ) upgrade $(VERSION) $(ARGS)
gate:     ## May this commit be pushed? make gate ARGS="--commit HEAD".
	@$(MAJ) gate $(ARGS)
