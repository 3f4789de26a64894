# The verbs of maj as targets, for a Makefile of your own:
#
#   include node_modules/maj-kit/maj.mk
#
# Their names begin with maj-, and none of them holds any logic: each calls `maj <verb>`. Options go into ARGS, on the command
# line: make maj-restore ARGS=--yes. ARGS and VERSION of a Makefile or of the environment are not ours, and do not count.
#
# A recipe of yours for one of these names, before or after this line, takes the place of ours without a warning: ours comes
# from a pattern, and a pattern is asked last.

# How maj is called. `npx maj` would install a stranger's package where ours is missing.
maj-bin := $(dir $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))).bin/maj
MAJ_COMMAND ?= $(maj-bin)

# Yours, if this is included before your first target.
maj-default-goal := $(.DEFAULT_GOAL)

maj-verbs := status backup backups verify restore prune migrate rehearse adopt-release apply upgrade gate

maj-status:        ## Version, last backup, pending migrations, server, space.
maj-backup:        ## Take a backup of database and files.
maj-backups:       ## List the backups, and what keeps each.
maj-verify:        ## Check the newest backup, or: make maj-verify ARGS="package FILE".
maj-restore:       ## Put a backup back: the newest, or make maj-restore ARGS=ID.
maj-prune:         ## Put expired backups into the trash, or: make maj-prune ARGS=--plan.
maj-migrate:       ## Run the pending migrations, or: make maj-migrate ARGS=--dry-run.
maj-rehearse:      ## Back up, prove the backup, migrate the copy; of a package: make maj-rehearse ARGS=2.1.0.
maj-adopt-release: ## Learn the files of an application that maj did not install.
maj-apply:         ## Install the files of a package: make maj-apply ARGS=FILE.
maj-upgrade:       ## The whole guide in one command: make maj-upgrade VERSION=2.1.0.
maj-gate:          ## May this commit be pushed? make maj-gate ARGS="--commit HEAD".

# A variable where whoever calls make has given it.
maj-given = $(if $(filter command,$(firstword $(origin $(1)))),$($(1)))

# Only verbs have this prerequisite: a file maj-data.json of yours is none of ours. It is phony, so that a file maj-backup
# keeps nothing from being done.
.PHONY: $(addprefix .maj-verb-,$(maj-verbs))
maj-%: .maj-verb-%
	@$(MAJ_COMMAND) $* $(if $(filter upgrade,$*),$(call maj-given,VERSION)) $(call maj-given,ARGS)

.DEFAULT_GOAL := $(maj-default-goal)
