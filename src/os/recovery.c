// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * recovery: the client recovery database on the service's disk, which nfsdcld keeps.
 *
 * Clients may have made its files (state.c). nfsdcld opens any database, so what it must
 * not meet is refused here: files of another type, a journal that names another file,
 * everything that core/schema.c does not know, and rows that overrun its buffers.
 */
#include "os/recovery.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/schema.h"
#include "core/text.h"
#include "os/nfsdcld.h"
#include "os/state.h"

/* A client takes 2.3 kB at most, with its index: room for 14,000 in two epochs. */
#define FILE_MAX_LEN (64 << 20)

/* NFS4_OPAQUE_LIMIT and SHA-256: the size of nfsdcld's buffers. */
#define ID_MAX_LEN 1024
#define HASH_LEN   32

#define BUSY_MS 1000
#define ADVICE  "restore it, or move it away and its clients lose their locks"

static void cleanup_sqlite(sqlite3 **db)
{
	sqlite3_close(*db);
}

static int refuse_database(sqlite3 *db, const char *file, struct err *err)
{
	err_set(err, BATON_EXIT_TRACKING, 0, "recovery database %s: %s; " ADVICE, file,
		db ? sqlite3_errmsg(db) : "out of memory");
	return -EPROTO;
}

/* Reads a text or numbers from the first row of @sql; -ENOENT if there is no row. */
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
 * A journal that ends in the magic number names a super-journal. When sqlite rolls it
 * back, it removes that file, wherever it is (pager.c, readSuperJournal(),
 * pager_delsuper()). Super-journals are for transactions over several databases, which
 * nfsdcld never has.
 */
static bool names_super_journal(int fd)
{
	static const unsigned char magic[] = { 0xd9, 0xd5, 0x05, 0xf9,
					       0x20, 0xa1, 0x63, 0xd7 };
	unsigned char end[sizeof(magic)];
	off_t len = lseek(fd, 0, SEEK_END);

	return len >= (off_t)sizeof(end) &&
	       pread(fd, end, sizeof(end), len - sizeof(end)) == sizeof(end) &&
	       memcmp(end, magic, sizeof(end)) == 0;
}

/* Checks the database and sqlite's other files. Return: 0, -ENOENT without a database. */
static int check_files(const struct paths *paths, const char *file, struct err *err)
{
	static const char *const suffixes[] = { "-journal", "-wal", "-shm", "" };
	int rc = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		_cleanup_close_ int fd = -1;
		char path[PATHS_MAX + 32];
		struct err why = { 0 };

		snprintf(path, sizeof(path), "%s%s", file, suffixes[i]);
		rc = fd = state_open_file(paths, path, O_RDONLY, FILE_MAX_LEN, &why);
		if (i == 0 && fd >= 0 && names_super_journal(fd))
			rc = err_set(&why, BATON_EXIT_TRACKING, 0,
				     "%s names another file, which sqlite would remove",
				     path);
		if (rc < 0 && rc != -ENOENT)
			return err_set(err, BATON_EXIT_TRACKING, 0,
				       "recovery database: %s; " ADVICE, why.text);
	}
	if (rc == -ENOENT)
		err_set(err, BATON_EXIT_TRACKING, ENOENT, "recovery database %s", file);
	return rc < 0 ? rc : 0;
}

/* As sqlite.org/security.html advises for files of unknown origin. */
static void distrust(sqlite3 *db)
{
	static const struct {
		int what, value;
	} switches[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0 },
		/*
		 * Leave the log to nfsdcld: no checkpoint during a pause. And none into a
		 * file that is refused, whatever it is (sqlite3WalClose()).
		 */
		{ SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1 },
	}, limits[] = {
		{ SQLITE_LIMIT_LENGTH, 1000000 },  { SQLITE_LIMIT_SQL_LENGTH, 100000 },
		{ SQLITE_LIMIT_COLUMN, 100 },      { SQLITE_LIMIT_EXPR_DEPTH, 10 },
		{ SQLITE_LIMIT_VDBE_OP, 25000 },   { SQLITE_LIMIT_FUNCTION_ARG, 8 },
		{ SQLITE_LIMIT_ATTACHED, 0 },      { SQLITE_LIMIT_VARIABLE_NUMBER, 10 },
		{ SQLITE_LIMIT_TRIGGER_DEPTH, 1 },
	};

	for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++)
		sqlite3_db_config(db, switches[i].what, switches[i].value, NULL);
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		sqlite3_limit(db, limits[i].what, limits[i].value);
	sqlite3_exec(db, "PRAGMA cell_size_check=ON; PRAGMA mmap_size=0", NULL, NULL,
		     NULL);
}

/* A row of a table of clients: does it fit into nfsdcld's buffers? */
static bool is_row_sound(sqlite3_stmt *row)
{
	int id = sqlite3_column_bytes(row, 0),
	    hash = sqlite3_column_count(row) > 1 ? sqlite3_column_bytes(row, 1) : 0;

	return sqlite3_column_type(row, 0) == SQLITE_BLOB && id > 0 && id <= ID_MAX_LEN &&
	       (hash == 0 ||
		(sqlite3_column_type(row, 1) == SQLITE_BLOB && hash == HASH_LEN));
}

static int check_rows(sqlite3 *db, const char *file, const char *table, struct err *err)
{
	sqlite3_stmt *row = NULL;
	char sql[64];
	int rc;

	snprintf(sql, sizeof(sql), "SELECT * FROM \"%s\"", table);
	if (sqlite3_prepare_v2(db, sql, -1, &row, NULL) != SQLITE_OK)
		return refuse_database(db, file, err);
	while ((rc = sqlite3_step(row)) == SQLITE_ROW && is_row_sound(row))
		;
	sqlite3_finalize(row);
	if (rc == SQLITE_ROW) {
		err_set(err, BATON_EXIT_TRACKING, 0,
			"recovery database %s: a client in %s is not one of nfsdcld's; " ADVICE,
			file, table);
		return -EPROTO;
	}
	return rc == SQLITE_DONE ? 0 : refuse_database(db, file, err);
}

static int refuse_schema(sqlite3_stmt *row, const char *file, struct err *err)
{
	char type[16], name[48];

	snprintf(type, sizeof(type), "%s", sqlite3_column_text(row, 0));
	snprintf(name, sizeof(name), "%s", sqlite3_column_text(row, 1));
	text_disarm(type, '?');
	text_disarm(name, '?');
	err_set(err, BATON_EXIT_TRACKING, 0,
		"recovery database %s: %s '%s' is not one of nfsdcld's; " ADVICE, file,
		type, name);
	return -EPROTO;
}

/* With @rows, checks clients' rows, too. Return: the number of objects, or -errno. */
static int check_schema(sqlite3 *db, const char *file, bool rows, struct err *err)
{
	sqlite3_stmt *row = NULL;
	int n = 0, rc = 0, step = SQLITE_ERROR;

	if (sqlite3_prepare_v2(db, "SELECT type, name, tbl_name, sql FROM sqlite_master",
			       -1, &row, NULL) == SQLITE_OK)
		step = sqlite3_step(row);
	for (; step == SQLITE_ROW && rc == 0; step = sqlite3_step(row)) {
		const char *name = (const char *)sqlite3_column_text(row, 1);

		n++;
		if (!schema_is_known((const char *)sqlite3_column_text(row, 0), name,
				     (const char *)sqlite3_column_text(row, 2),
				     (const char *)sqlite3_column_text(row, 3)))
			rc = refuse_schema(row, file, err);
		else if (rows && schema_is_recovery(name))
			rc = check_rows(db, file, name, err);
	}
	if (rc == 0 && step != SQLITE_DONE)
		rc = refuse_database(db, file, err);
	sqlite3_finalize(row);
	return rc < 0 ? rc : n;
}

/*
 * Opens a database that has only what nfsdcld makes; nothing else is read before that.
 * Return: the number of tables and indices, -ENOENT without a database, or -EPROTO.
 */
static int open_database(const struct paths *paths, int flags, sqlite3 **db,
			 char file[PATHS_MAX + 16], struct err *err)
{
	int rc;

	snprintf(file, PATHS_MAX + 16, "%s/main.sqlite", paths->nfsdcld);
	rc = check_files(paths, file, err);
	if (rc < 0)
		return rc;
	if (sqlite3_open_v2(file, db, flags | SQLITE_OPEN_NOFOLLOW, NULL) != SQLITE_OK)
		return refuse_database(*db, file, err);
	/* A reader does not wait: it must hold nobody up. */
	if (flags & SQLITE_OPEN_READWRITE)
		sqlite3_busy_timeout(*db, BUSY_MS);
	distrust(*db);
	return check_schema(*db, file, false, err);
}

/*
 * nfsdcld writes twice while clients wait, when they have reclaimed. With a write-ahead
 * log a transaction needs one sync instead of four, and no file made and removed. The
 * database remembers the mode, so nfsdcld uses it, too. If it is not available, only time
 * is lost.
 */
static void write_ahead(sqlite3 *db)
{
	sqlite3_exec(db, "PRAGMA journal_mode=WAL", NULL, NULL, NULL);
}

/*
 * Reads the epochs; with @check, checks the whole database first. A database that does
 * not exist yet has the epochs 0, 0.
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
	/* Writable, because a journal left by a power cut must be rolled back. */
	rc = open_database(paths, SQLITE_OPEN_READWRITE, &db, file, err);
	/* The power cut may have come before nfsdcld's first transaction. */
	if (rc == -ENOENT || rc == 0)
		return 0;
	if (rc < 0)
		return rc;
	if (check) {
		if (query_row(db, "PRAGMA quick_check(1)", NULL, &wrong) < 0)
			return refuse_database(db, file, err);
		if (wrong)
			return err_set(err, BATON_EXIT_TRACKING, 0,
				       "recovery database %s: %s", file, wrong);
		rc = check_schema(db, file, true, err);
		if (rc < 0)
			return rc;
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

	/* The kernel removes its pipe when it could not set up tracking. */
	if (access(PATHS_PIPEFS "/nfsd/cld", F_OK) < 0 || !nfsdcld_pid(paths)) {
		err_set(err, BATON_EXIT_TRACKING, 0,
			"knfsd runs without client tracking: no nfsdcld at its pipe");
		return -EPROTO;
	}
	rc = read_epochs(paths, false, &now, err);
	if (rc < 0)
		return rc;
	/*
	 * GraceStart opens a new epoch, unless the last grace period never ended: then
	 * that epoch is continued.
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

	rc = open_database(paths, SQLITE_OPEN_READONLY, &db, file, NULL);
	if (rc < 0)
		return rc == -ENOENT ? rc : -EAGAIN;
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

/* Runs @sql for each client, with its id as the parameter. */
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
	rc = open_database(paths, SQLITE_OPEN_READWRITE, &db, file, err);
	if (rc < 0)
		return rc;
	rc = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	if (rc == SQLITE_OK && strike_all(db, clients, struck) < 0)
		rc = SQLITE_ERROR;
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
	if (rc == SQLITE_OK)
		return 0;
	/* Closing the connection rolls the transaction back. */
	*struck = 0;
	err_set(err, BATON_EXIT_TRACKING, 0, "recovery database: %s", sqlite3_errmsg(db));
	return -EPROTO;
}
