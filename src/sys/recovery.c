// SPDX-License-Identifier: GPL-2.0-or-later
/* recovery: the client recovery database on the service's disk, which nfsdcld keeps. */
#include "sys/recovery.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "sys/nfsdcld.h"

static void cleanup_sqlite(sqlite3 **db)
{
	sqlite3_close(*db);
}

static int refuse_database(sqlite3 *db, const char *file, struct err *err)
{
	err_set(err, BATON_EXIT_TRACKING, 0,
		"recovery database %s: %s; restore it, or move it away and its clients lose "
		"their locks",
		file, db ? sqlite3_errmsg(db) : "out of memory");
	return -EPROTO;
}

/* One text or number from the first row of @sql; -ENOENT if there is no row. */
static int query_row(sqlite3 *db, const char *sql, int64_t out[2], const char **wrong)
{
	static char text[128];
	sqlite3_stmt *stmt;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	if (rc != SQLITE_OK)
		return -EPROTO;
	rc = sqlite3_step(stmt);
	if (rc == SQLITE_ROW && wrong) {
		snprintf(text, sizeof(text), "%s", sqlite3_column_text(stmt, 0));
		*wrong = strcmp(text, "ok") == 0 ? NULL : text;
	} else if (rc == SQLITE_ROW) {
		out[0] = sqlite3_column_int64(stmt, 0);
		out[1] = sqlite3_column_int64(stmt, 1);
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_ROW ? 0 : rc == SQLITE_DONE ? -ENOENT : -EPROTO;
}

/*
 * nfsdcld writes twice while clients wait, when they have reclaimed. With a write-ahead log
 * a transaction is one sync instead of four, a file made and one removed. The database
 * remembers it, so nfsdcld follows; where it cannot be had, nothing is lost but time.
 */
static void write_ahead(sqlite3 *db)
{
	sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
}

/*
 * Reads the epochs; with @check looks through the whole database first. A database that
 * does not exist yet has the epochs 0, 0.
 */
static int read_epochs(const struct paths *paths, bool check,
		       struct recovery_epochs *epochs, struct err *err)
{
	__attribute__((cleanup(cleanup_sqlite))) sqlite3 *db = NULL;
	const char *wrong = NULL;
	char file[PATHS_MAX + 16];
	int64_t row[2] = { 0, 0 };
	int rc;

	memset(epochs, 0, sizeof(*epochs));
	snprintf(file, sizeof(file), "%s/main.sqlite", paths->nfsdcld);
	if (access(file, F_OK) < 0 && errno == ENOENT)
		return 0;
	/* Writable, because a journal left by a power cut must be rolled back. */
	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK)
		return refuse_database(db, file, err);
	sqlite3_busy_timeout(db, 1000);
	/*
	 * The log is for nfsdcld to go on with: no checkpoint in a pause. And none into a
	 * file that is refused, whatever it is (sqlite3WalClose()).
	 */
	sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	if (check) {
		if (query_row(db, "PRAGMA quick_check(1)", NULL, &wrong) < 0)
			return refuse_database(db, file, err);
		if (wrong)
			return err_set(err, BATON_EXIT_TRACKING, 0,
				       "recovery database %s: %s", file, wrong);
		write_ahead(db);
	}
	rc = query_row(db, "SELECT current, recovery FROM grace", row, NULL);
	if (rc == -EPROTO)
		return refuse_database(db, file, err);
	epochs->current = row[0];
	epochs->recovery = row[1];
	return 0;
}

int recovery_prepare(const struct paths *paths, struct recovery_epochs *epochs,
		     struct err *err)
{
	return read_epochs(paths, true, epochs, err);
}

int recovery_verify(const struct paths *paths, const struct recovery_epochs *before,
		    struct err *err)
{
	struct recovery_epochs now;
	int rc;

	/* The kernel takes its pipe away again when tracking could not be set up. */
	if (access(PATHS_PIPEFS "/nfsd/cld", F_OK) < 0 || !nfsdcld_pid(paths)) {
		err_set(err, BATON_EXIT_TRACKING, 0,
			"knfsd runs without client tracking: no nfsdcld at its pipe");
		return -EPROTO;
	}
	rc = read_epochs(paths, false, &now, err);
	if (rc < 0)
		return rc;
	/*
	 * GraceStart opens a new epoch, unless the grace period before it was never
	 * finished: then that one is taken up again.
	 */
	if (now.current <= before->current && before->recovery == 0) {
		err_set(err, BATON_EXIT_TRACKING, 0,
			"knfsd runs without client tracking: epoch %lld was not left",
			(long long)before->current);
		return -EPROTO;
	}
	return 0;
}

static int walk_missing(sqlite3 *db, const struct recovery_epochs *epochs,
			int (*call)(const unsigned char *id, size_t len, void *data),
			void *data)
{
	sqlite3_stmt *stmt = NULL;
	char sql[160];
	int rc, failed = 0;

	snprintf(sql, sizeof(sql),
		 "SELECT id FROM \"rec-%016llx\" WHERE id NOT IN "
		 "(SELECT id FROM \"rec-%016llx\") ORDER BY id",
		 (unsigned long long)epochs->recovery,
		 (unsigned long long)epochs->current);
	if (sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) != SQLITE_OK)
		return -EAGAIN;
	while (failed == 0 && (rc = sqlite3_step(stmt)) == SQLITE_ROW)
		failed = call(sqlite3_column_blob(stmt, 0), sqlite3_column_bytes(stmt, 0),
			      data);
	sqlite3_finalize(stmt);
	return failed < 0 ? failed : rc == SQLITE_DONE ? 0 : -EAGAIN;
}

int recovery_walk_waiting(const struct paths *paths,
			  int (*call)(const unsigned char *id, size_t len, void *data),
			  void *data)
{
	__attribute__((cleanup(cleanup_sqlite))) sqlite3 *db = NULL;
	struct recovery_epochs epochs;
	char file[PATHS_MAX + 16];
	int64_t row[2] = { 0, 0 };
	int rc;

	snprintf(file, sizeof(file), "%s/main.sqlite", paths->nfsdcld);
	if (access(file, F_OK) < 0)
		return -ENOENT;
	if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOFOLLOW,
			    NULL) != SQLITE_OK)
		return -EAGAIN;
	rc = query_row(db, "SELECT current, recovery FROM grace", row, NULL);
	epochs = (struct recovery_epochs){ row[0], row[1] };
	if (rc == -EPROTO)
		return -EAGAIN;
	return epochs.recovery ? walk_missing(db, &epochs, call, data) : 0;
}

static int note_name(const unsigned char *id, size_t len, void *data)
{
	struct recovery_waiting *waiting = data;

	waiting->total++;
	if (waiting->n < RECOVERY_NAMES)
		client_name(id, len, waiting->names[waiting->n++], RECOVERY_NAME);
	return 0;
}

int recovery_list_waiting(const struct paths *paths, struct recovery_waiting *waiting)
{
	memset(waiting, 0, sizeof(*waiting));
	return recovery_walk_waiting(paths, note_name, waiting);
}

/* Runs @sql for each client, whose id is its parameter. */
static int for_each_client(sqlite3 *db, const char *sql, const struct clients *clients)
{
	sqlite3_stmt *stmt = NULL;
	int rc = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);

	for (size_t i = 0; i < clients->n && rc == SQLITE_OK; i++) {
		const struct client *c = &clients->v[i];

		rc = sqlite3_bind_blob(stmt, 1, c->id, (int)c->len, SQLITE_STATIC);
		if (rc == SQLITE_OK)
			rc = sqlite3_step(stmt) == SQLITE_DONE ? sqlite3_reset(stmt)
							       : SQLITE_ERROR;
	}
	sqlite3_finalize(stmt);
	return rc == SQLITE_OK ? 0 : -EPROTO;
}

static int strike_all(sqlite3 *db, const struct clients *clients, size_t *struck)
{
	unsigned long long current, recovery;
	int64_t row[2] = { 0, 0 };
	char sql[160];
	int before, rc = query_row(db, "SELECT current, recovery FROM grace", row, NULL);

	current = row[0];
	recovery = row[1];
	if (rc == 0 && recovery) {
		snprintf(sql, sizeof(sql),
			 "DELETE FROM \"rec-%016llx\" WHERE id = ?1 AND ?1 IN "
			 "(SELECT id FROM \"rec-%016llx\")",
			 recovery, current);
		rc = for_each_client(db, sql, clients);
	}
	before = sqlite3_total_changes(db);
	snprintf(sql, sizeof(sql), "DELETE FROM \"rec-%016llx\" WHERE id = ?1", current);
	if (rc == 0)
		rc = for_each_client(db, sql, clients);
	*struck = sqlite3_total_changes(db) - before;
	return rc;
}

int recovery_strike(const struct paths *paths, const struct clients *clients,
		    size_t *struck, struct err *err)
{
	__attribute__((cleanup(cleanup_sqlite))) sqlite3 *db = NULL;
	char file[PATHS_MAX + 16];
	int rc;

	*struck = 0;
	snprintf(file, sizeof(file), "%s/main.sqlite", paths->nfsdcld);
	rc = sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW,
			     NULL);
	if (rc == SQLITE_OK) {
		/* As write_ahead(). */
		sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
		rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	}
	if (rc == SQLITE_OK && strike_all(db, clients, struck) < 0)
		rc = SQLITE_ERROR;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;
	/* What was begun ends with the connection. */
	*struck = 0;
	err_set(err, BATON_EXIT_TRACKING, 0, "recovery database: %s",
		db ? sqlite3_errmsg(db) : "out of memory");
	return -EPROTO;
}
