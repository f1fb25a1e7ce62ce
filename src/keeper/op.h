/* SPDX-License-Identifier: GPL-2.0-or-later */
/* op: what the steps of an operation share, and the tables of steps. */
#ifndef BATON_KEEPER_OP_H
#define BATON_KEEPER_OP_H

#include "core/client.h"
#include "core/conn.h"
#include "core/exporttable.h"
#include "core/guard.h"
#include "core/idle_clients.h"
#include "core/paths.h"
#include "core/service.h"
#include "keeper/peer_connections.h"
#include "keeper/reclaim.h"
#include "os/diag.h"
#include "os/nft.h"
#include "os/ns.h"
#include "os/rawsock.h"
#include "os/recovery.h"
#include "os/rtnl.h"

#define OP_NOTE 280

/**
 * struct op - the state of a running operation
 * @svc, @paths: the service; not owned
 * @head, @inside: descriptors of the head's and of the service's namespaces
 * @diag, @nft, @rtnl, @raw: opened inside when first needed (op_open_*)
 * @epochs: of the recovery database before the server started
 * @conns: the clients' connections when the stop began
 * @told: what another head has sent about connections; NULL = nothing
 * @clients: the idle clients that a stop strikes; see stop.c
 * @kept: why none may be struck; "" = nothing is in doubt
 * @planned: the stop is part of a hand-over, which may be given up as long as it serves
 * @until_ms: when the asker gives up; 0 = never
 * @given_up: the hand-over was given up
 * @drained: no call comes in any more
 * @owed: what was sent and owed on each connection when the drain ended
 * @unsettled: how many connections have clients that may repeat a call that was executed
 * @holdings: what clients held once no call came in any more
 * @counted: how far there was time to count it
 * @note: the running step's note for the ledger; cleared before each step
 * @serving: clients are served in this phase: it is not part of the pause
 * @syncing: the process that still writes back; 0 = none
 * @lock: the service's lock, which a process that outlives the operation must close
 * @hosts: the addresses of the exports' host names
 * @terms: what is known of the other heads; of a step only
 * @silent_ms: CLOCK_MONOTONIC, when a head that nobody has fenced is silent; 0 = now
 * @starts: the stop is the first part of a start, which goes on to take the disk again
 * @lost: another head has taken the disk: nothing more must leave here
 * @asking: from the process that asks the network who has the addresses; -1 = none
 */
struct op {
	const struct service *svc;
	struct paths paths;
	struct ns head;
	struct ns inside;
	struct diag *diag;
	struct nft *nft;
	struct rtnl *rtnl;
	struct rawsock raw;
	struct recovery_epochs epochs;
	struct conns conns;
	const struct peer_connections *told;
	struct clients clients;
	char kept[100];
	bool planned;
	int64_t until_ms;
	bool given_up;
	bool drained;
	struct sents owed;
	size_t unsettled;
	struct holdings holdings;
	enum reclaim_extent counted;
	char note[OP_NOTE];
	bool serving;
	pid_t syncing;
	int lock;
	struct hosts hosts;
	const struct guard_terms *terms;
	int64_t silent_ms;
	bool starts;
	bool lost;
	int asking;
};

enum place {
	PLACE_HEAD,   /* in the head's namespaces */
	PLACE_INSIDE, /* in the service's */
};

/* What may take a step longer than its deadline; together with its place. */
enum waits {
	WAITS_FOR_CLIENTS = 0x10, /* `drain` seconds longer */
	WAITS_FOR_DISK = 0x20,    /* until nothing was done for `disk-timeout` seconds */
	WAITS_FOR_KNFSD = 0x40,   /* … by the disks of all services of this head */
	WAITS_FOR_RIVAL = 0x80,   /* `guard-timeout` seconds longer */
};

/* A step that is left out where the disk is not reserved; together with its place. */
#define IF_GUARDED 0x100

/* For steps that wait for nothing but the processor. */
#define HUNG_MS 15000

/**
 * struct step - one step of a plan
 * @name: its word in the ledger and in messages
 * @help: what it does, for --dry-run
 * @place: enum place, where it runs, with enum waits. knfsd has one mutex for all: who
 *         takes it waits for another service's threads, and so for their disk
 * @deadline_ms: after this it counts as hung, unless it waits
 * @run: does it; may be repeated: what is done stays done
 * @verify: checks that it worked; NULL where @run cannot succeed otherwise
 */
struct step {
	const char *name;
	const char *help;
	unsigned int place;
	unsigned int deadline_ms;
	int (*run)(struct op *op, struct err *err);
	int (*verify)(struct op *op, struct err *err);
};

/* The plans; each ends with a row whose name is NULL. start is undone by stop. */
extern const struct step repin_steps[];
extern const struct step standby_steps[];
extern const struct step teardown_steps[];
extern const struct step prepare_steps[];
extern const struct step admit_steps[];
extern const struct step start_steps[];
extern const struct step mend_steps[];
extern const struct step sync_steps[];
extern const struct step stop_steps[];
extern const struct step lose_steps[];
extern const struct step reload_steps[];

/** standby_start_mountd - a step of both standby and mend. */
int standby_start_mountd(struct op *op, struct err *err);

/** standby_export, standby_remember - steps of both standby and reload. */
int standby_export(struct op *op, struct err *err);
int standby_remember(struct op *op, struct err *err);

/**
 * op_init - prepare an operation, in the head's namespaces
 * Return: 0, or -errno.
 */
int op_init(struct op *op, const struct service *svc, struct err *err);

/** op_release - close what the operation opened; does not change the service. */
void op_release(struct op *op);

/**
 * op_go - enter the head's or the service's namespaces
 *
 * Sockets opened inside remain usable from everywhere.
 *
 * Return: 0, or -errno.
 */
int op_go(struct op *op, unsigned int place, struct err *err);

/** op_open_diag, op_open_nft, op_open_rtnl, op_open_raw - open once; the caller is inside. */
int op_open_diag(struct op *op, struct err *err);
int op_open_nft(struct op *op, struct err *err);
int op_open_rtnl(struct op *op, struct err *err);
int op_open_raw(struct op *op, struct err *err);

/**
 * op_link_name - the service's own link that carries an address
 * @name: gets "nfs0", "nfs1" …: one for each distinct parent link
 * @svc: the service
 * @address: index of the address
 */
void op_link_name(char name[IFNAMSIZ], const struct service *svc, size_t address);

/**
 * op_link_mac - the MAC address of such a link: the same on every head
 *
 * It is locally administered and made from the names of service and link. So a client or
 * switch that ignores gratuitous ARP still finds the service after a move (VRRP does the
 * same, RFC 5798 section 7.3).
 */
struct mac op_link_mac(const struct service *svc, const char *link);

#endif
