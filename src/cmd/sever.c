// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * sever: destroy every TCP socket of an address, by hand.
 *
 * The address need not be on this head: what an address that moved away left behind is
 * exactly what this is for. The caller has to silence the address; baton(8) says what is
 * sent otherwise.
 */
#include <netinet/in.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd/cmd.h"
#include "cmd/common.h"
#include "core/output.h"
#include "keeper/op.h"
#include "os/diag.h"
#include "os/ns.h"
#include "os/software.h"
#include "os/terminal.h"

/* "[2001:db8::50]:2049" */
#define ENDPOINT_TEXT (IPADDR_TEXT + sizeof("[]:65535"))

/* As in ss(8). */
static const struct table_column columns[] = {
	{ "STATE", "state", 0, 0, false, "state of the socket, as ss(8) calls it" },
	{ "RECV-Q", "recv_q", 0, SCOLS_FL_RIGHT, false, "bytes not read yet" },
	{ "SEND-Q", "send_q", 0, SCOLS_FL_RIGHT, false, "bytes not acknowledged yet" },
	{ "LOCAL", "local", 0, 0, false, "the given address and port" },
	{ "PEER", "peer", 0, 0, false, "address and port of the client" },
	{ 0 },
};

static const char *format_endpoint(const struct ipaddr *ip, uint16_t port,
				   char text[ENDPOINT_TEXT])
{
	bool v6 = ip->family == AF_INET6;
	char address[IPADDR_TEXT];

	snprintf(text, ENDPOINT_TEXT, "%s%s%s:%u", v6 ? "[" : "",
		 ipaddr_format(ip, address), v6 ? "]" : "", port);
	return text;
}

static struct json_object *entry_to_json(const struct diag_entry *e)
{
	struct json_object *o = json_object_new_object();
	char text[ENDPOINT_TEXT];

	json_object_object_add(o, "state",
			       json_object_new_string(conn_state_name(e->conn.state)));
	json_object_object_add(o, "recv_q", json_object_new_int64(e->rqueue));
	json_object_object_add(o, "send_q", json_object_new_int64(e->wqueue));
	json_object_object_add(o, "local",
			       json_object_new_string(format_endpoint(
				       &e->conn.local, e->conn.lport, text)));
	json_object_object_add(o, "peer",
			       json_object_new_string(format_endpoint(
				       &e->conn.remote, e->conn.rport, text)));
	return o;
}

/* Lists in @o the sockets that would be destroyed. */
static int list_sockets(struct diag *diag, const struct ipaddr *ip, uint16_t port,
			struct json_object *o, struct err *err)
{
	_cleanup_diag_table_ struct diag_table table = { 0 };
	struct json_object *sockets = json_object_new_array();
	int rc = diag_dump(diag, port, DIAG_STATES_ALL, &table, err);

	for (size_t i = 0; i < table.n && rc == 0; i++)
		if (ipaddr_equal(&table.v[i].conn.local, ip))
			json_object_array_add(sockets, entry_to_json(&table.v[i]));
	json_object_object_add(o, "sockets", sockets);
	return rc;
}

static int sever(struct diag *diag, const struct ipaddr *ip, uint16_t port,
		 struct json_object *o, struct err *err)
{
	struct diag_severed s;
	int rc = diag_sever(diag, ip, 1, port, &s, err);

	json_object_object_add(o, "destroyed", json_object_new_int64(s.destroyed));
	json_object_object_add(o, "remaining", json_object_new_int64(s.remaining));
	json_object_object_add(o, "time_wait", json_object_new_int64(s.time_wait));
	return rc;
}

static void print_text(struct json_object *o, const char *endpoint,
		       const struct common_options *options)
{
	struct json_object *sockets = json_object_object_get(o, "sockets");
	int64_t stay = json_object_get_int64(json_object_object_get(o, "time_wait"));

	if (options->dry_run &&
	    (options->table.noheadings || json_object_array_length(sockets))) {
		table_print(stdout, &options->table, sockets,
			    terminal_get_width(STDOUT_FILENO));
		return;
	}
	printf("%s: %lld sockets%s", endpoint,
	       (long long)json_object_get_int64(json_object_object_get(o, "destroyed")),
	       options->dry_run ? "" : " destroyed");
	if (stay)
		printf("; %lld in TIME-WAIT stay, which this kernel cannot destroy",
		       (long long)stay);
	putchar('\n');
}

/* As with `baton stop`, JSON also reports a failure. */
static int tell(struct json_object *o, const char *endpoint,
		const struct common_options *options, int rc, struct err *err)
{
	int code = rc == 0 ? BATON_EXIT_OK : common_fail(err);

	json_object_object_add(o, "result", json_object_new_int(code));
	if (rc < 0)
		json_object_object_add(o, "error", json_object_new_string(err->text));
	if (options->json)
		output_json(stdout, o);
	else if (rc == 0)
		print_text(o, endpoint, options);
	json_object_put(o);
	return code;
}

int cmd_sever(int argc, char **argv)
{
	struct common_options options;
	char text[ENDPOINT_TEXT];
	uint16_t port = NFS_PORT;
	struct json_object *o;
	struct diag *diag;
	struct err err = { 0 };
	struct ipaddr ip;
	int rc;

	if (common_parse_table(
		    argc, argv,
		    "Destroy every TCP socket of a local address and port (2049), in "
		    "every state but LISTEN, and verify that none is left. The address "
		    "itself may already be gone. Write an IPv6 address with a port as "
		    "[2001:db8::1]:2049.",
		    COMMON_ADDRESS | COMMON_NETNS | COMMON_DRY_RUN, columns,
		    &options) < 0)
		return BATON_EXIT_USAGE;
	if (ipaddr_parse_endpoint(&ip, &port, options.name, &err) < 0 ||
	    software_check_root(&err) < 0 ||
	    (options.netns && ns_enter_net(options.netns, &err) < 0) ||
	    diag_open(&diag, &err) < 0)
		return common_fail(&err);
	o = json_object_new_object();
	json_object_object_add(o, "address",
			       json_object_new_string(ipaddr_format(&ip, text)));
	json_object_object_add(o, "port", json_object_new_int(port));
	json_object_object_add(
		o, "netns", options.netns ? json_object_new_string(options.netns) : NULL);
	json_object_object_add(o, "dry_run", json_object_new_boolean(options.dry_run));
	rc = options.dry_run ? list_sockets(diag, &ip, port, o, &err)
			     : sever(diag, &ip, port, o, &err);
	diag_close(diag);
	return tell(o, format_endpoint(&ip, port, text), &options, rc, &err);
}
