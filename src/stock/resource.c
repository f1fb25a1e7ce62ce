// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * resource: what one resource of a stock group becomes.
 *
 * Two tables say what each agent and each parameter becomes. Anything that is in neither
 * becomes a remark, so that nothing is lost unnoticed. Parameters are those of
 * resource-agents 4.12.
 */
#include "stock/resource.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "core/cleanup.h"
#include "core/text.h"

#define FAIL(err, rc, ...) (err_set(err, BATON_EXIT_CLUSTER, 0, __VA_ARGS__), (rc))

/* ---- agents ---- */

/* What a service of baton's replaces. */
static const struct agent {
	const char *class, *provider, *type;
	enum resource_kind part;
	const char *why; /* why it is no longer needed */
} agents[] = {
	{ "ocf", "heartbeat", "Filesystem", RESOURCE_FILESYSTEM, NULL },
	{ "ocf", "heartbeat", "exportfs", RESOURCE_EXPORT, NULL },
	{ "ocf", "heartbeat", "IPaddr2", RESOURCE_ADDRESS, NULL },
	{ "ocf", "heartbeat", "IPaddr", RESOURCE_ADDRESS, NULL },
	{ "ocf", "heartbeat", "nfsserver", RESOURCE_SERVER,
	  "each service has an NFS server of its own" },
	{ "systemd", "", "nfs-server", RESOURCE_SERVER,
	  "each service has an NFS server of its own" },
	{ "systemd", "", "nfs-kernel-server", RESOURCE_SERVER,
	  "each service has an NFS server of its own" },
	{ "lsb", "", "nfs-kernel-server", RESOURCE_SERVER,
	  "each service has an NFS server of its own" },
	{ "ocf", "heartbeat", "nfsnotify", RESOURCE_NONE,
	  "NFSv4 has no statd to notify" },
	{ "ocf", "heartbeat", "portblock", RESOURCE_NONE,
	  "baton silences and tickles by itself" },
	{ "ocf", "baton", "sever", RESOURCE_NONE, "baton severs and tickles by itself" },
};

xmlNode *resource_find_template(const xmlNode *resources, const xmlNode *primitive)
{
	const char *id = xml_get(primitive, "template");

	xml_for_each (template, resources, "template") {
		if (id && xml_has(template, "id", id))
			return template;
	}
	return NULL;
}

static const struct agent *find_agent(const xmlNode *kind)
{
	for (size_t i = 0; i < sizeof(agents) / sizeof(*agents); i++) {
		const struct agent *a = &agents[i];

		if (xml_has(kind, "class", a->class) && xml_has(kind, "type", a->type) &&
		    (!*a->provider || xml_has(kind, "provider", a->provider)))
			return a;
	}
	return NULL;
}

enum resource_kind resource_find(const xmlNode *resources, const xmlNode *primitive)
{
	xmlNode *template = resource_find_template(resources, primitive);
	const struct agent *agent = find_agent(template ? template : primitive);

	return agent ? agent->part : RESOURCE_NONE;
}

/* ---- attributes ---- */

void resource_walk(struct stock_group *stock, xmlNode *owner, const char *kind,
		   const char *id, resource_call *call, void *data)
{
	xml_for_each (set, owner, kind) {
		if (xml_get(set, "id-ref") || xml_find_child(set, "rule"))
			strlist_add(&stock->remarks,
				    "%s: attributes by reference or rule (%s) are not "
				    "understood; see whether they matter",
				    id,
				    xml_get(set, "id-ref") ? xml_get(set, "id-ref")
				    : xml_get(set, "id")   ? xml_get(set, "id")
							   : "?");
		xml_for_each (pair, set, "nvpair") {
			const char *name = xml_get(pair, "name"),
				   *value = xml_get(pair, "value");

			if (name)
				call(stock, id, name, value ? value : "", data);
			else
				strlist_add(&stock->remarks,
					    "%s: an attribute by reference (%s) is not "
					    "understood; see whether it matters",
					    id,
					    xml_get(pair, "id-ref")
						    ? xml_get(pair, "id-ref")
						    : "?");
		}
	}
}

void resource_tell(struct stock_group *stock, const char *id, const char *name,
		   const char *value, void *data)
{
	(void)data;
	strlist_add(&stock->remarks, "%s: attribute %s=%s is not carried over", id, name,
		    value);
}

static const char *find_value(const xmlNode *owner, const char *kind, const char *name)
{
	xml_for_each (set, owner, kind) {
		xml_for_each (pair, set, "nvpair") {
			if (xml_has(pair, "name", name))
				return xml_get(pair, "value");
		}
	}
	return NULL;
}

const char *resource_get(const xmlNode *resources, const xmlNode *primitive,
			 const char *kind, const char *name)
{
	const char *own = find_value(primitive, kind, name);

	return own ? own
		   : find_value(resource_find_template(resources, primitive), kind, name);
}

/* ---- parameters ---- */

enum param {
	PARAM_NONE,
	PARAM_DEVICE,
	PARAM_DIRECTORY,
	PARAM_FSTYPE,
	PARAM_OPTIONS,
	PARAM_CLIENT,
	PARAM_IP,
	PARAM_NIC,
	PARAM_NETMASK,
	PARAM_COUNT,
};

#define ANNOUNCED "baton announces the address by itself"
#define UNMOUNTED "baton ends what clients hold before it unmounts"

static const struct row {
	enum resource_kind part;
	const char *name;
	enum param param; /* where it is kept; PARAM_NONE: @why it is not */
	const char *why;
} rows[] = {
	{ RESOURCE_FILESYSTEM, "device", PARAM_DEVICE, NULL },
	{ RESOURCE_FILESYSTEM, "directory", PARAM_DIRECTORY, NULL },
	{ RESOURCE_FILESYSTEM, "fstype", PARAM_FSTYPE, NULL },
	{ RESOURCE_FILESYSTEM, "options", PARAM_OPTIONS, NULL },
	{ RESOURCE_FILESYSTEM, "run_fsck", PARAM_NONE,
	  "baton repairs no filesystem by itself" },
	{ RESOURCE_FILESYSTEM, "fast_stop", PARAM_NONE, UNMOUNTED },
	{ RESOURCE_FILESYSTEM, "force_unmount", PARAM_NONE, UNMOUNTED },
	{ RESOURCE_FILESYSTEM, "statusfile_prefix", PARAM_NONE,
	  "the monitor of baton has its own place on the disk" },
	{ RESOURCE_EXPORT, "directory", PARAM_DIRECTORY, NULL },
	{ RESOURCE_EXPORT, "clientspec", PARAM_CLIENT, NULL },
	{ RESOURCE_EXPORT, "options", PARAM_OPTIONS, NULL },
	{ RESOURCE_EXPORT, "fsid", PARAM_NONE,
	  "baton sets its own, equal on every head; clients have to mount anew" },
	{ RESOURCE_EXPORT, "unlock_on_stop", PARAM_NONE, UNMOUNTED },
	{ RESOURCE_EXPORT, "wait_for_leasetime_on_stop", PARAM_NONE,
	  "a stop of baton waits for no lease" },
	{ RESOURCE_EXPORT, "rmtab_backup", PARAM_NONE, "NFSv4 has no rmtab" },
	{ RESOURCE_ADDRESS, "ip", PARAM_IP, NULL },
	{ RESOURCE_ADDRESS, "nic", PARAM_NIC, NULL },
	{ RESOURCE_ADDRESS, "cidr_netmask", PARAM_NETMASK, NULL },
	{ RESOURCE_ADDRESS, "broadcast", PARAM_NONE, "it follows from the prefix" },
	{ RESOURCE_ADDRESS, "iflabel", PARAM_NONE, "the service has a link of its own" },
	{ RESOURCE_ADDRESS, "run_arping", PARAM_NONE, ANNOUNCED },
	{ RESOURCE_ADDRESS, "arp_interval", PARAM_NONE, ANNOUNCED },
	{ RESOURCE_ADDRESS, "arp_count", PARAM_NONE, ANNOUNCED },
	{ RESOURCE_ADDRESS, "arp_count_refresh", PARAM_NONE, ANNOUNCED },
	{ RESOURCE_ADDRESS, "arp_bg", PARAM_NONE, ANNOUNCED },
	{ RESOURCE_ADDRESS, "arp_sender", PARAM_NONE, ANNOUNCED },
	{ RESOURCE_ADDRESS, "send_arp_opts", PARAM_NONE, ANNOUNCED },
};

/* The parameters of one resource. */
struct values {
	const char *v[PARAM_COUNT];
};

static const char *get(const struct values *values, enum param param)
{
	return values->v[param] ? values->v[param] : "";
}

static void take_pair(struct stock_group *stock, enum resource_kind part, const char *id,
		      const char *name, const char *value, struct values *values)
{
	const char *why = NULL;

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (rows[i].part != part || strcmp(rows[i].name, name) != 0)
			continue;
		/* The resource's own value has precedence over its template's. */
		if (rows[i].param && !values->v[rows[i].param])
			values->v[rows[i].param] = value;
		if (rows[i].param)
			return;
		why = rows[i].why;
	}
	strlist_add(&stock->remarks, "%s: %s=%s is not carried over%s%s", id, name, value,
		    why ? ": " : "", why ? why : "");
}

/* Data that resource_walk() passes to take_parameter(). */
struct taking {
	enum resource_kind part;
	struct values *values;
};

static void take_parameter(struct stock_group *stock, const char *id, const char *name,
			   const char *value, void *data)
{
	const struct taking *t = data;

	take_pair(stock, t->part, id, name, value, t->values);
}

static void tell_operations(struct stock_group *stock, xmlNode *primitive, const char *id)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out) {
		stock->remarks.failed = true;
		return;
	}
	xml_for_each (operations, primitive, "operations") {
		xml_for_each (op, operations, "op") {
			const char *name = xml_get(op, "name"),
				   *interval = xml_get(op, "interval"),
				   *timeout = xml_get(op, "timeout");

			fprintf(out, ", %s interval=%s timeout=%s", name ? name : "?",
				interval ? interval : "-", timeout ? timeout : "-");
		}
	}
	fclose(out);
	if (*text)
		strlist_add(
			&stock->remarks,
			"%s: its operations are not carried over, the agent has its own: %s",
			id, text + 2);
}

/* ---- resources ---- */

static int set(char **to, const char *value)
{
	*to = strdup(value);
	return *to ? 0 : -ENOMEM;
}

static int take_filesystem(struct stock_group *stock, const char *id,
			   const struct values *values, struct err *err)
{
	const char *directory = get(values, PARAM_DIRECTORY);
	size_t len = strlen(directory);

	if (stock->device)
		return FAIL(err, -EINVAL,
			    "group %s: more than one Filesystem, %s too; a service has "
			    "one disk, so split the group",
			    stock->id, id);
	if (set(&stock->device, get(values, PARAM_DEVICE)) < 0 ||
	    set(&stock->directory, directory) < 0 ||
	    set(&stock->fstype, get(values, PARAM_FSTYPE)) < 0 ||
	    set(&stock->options, get(values, PARAM_OPTIONS)) < 0)
		return -ENOMEM;
	while (len > 1 && stock->directory[len - 1] == '/')
		stock->directory[--len] = '\0';
	if (!*stock->device || !*directory || !*stock->fstype)
		return FAIL(err, -EINVAL,
			    "group %s: %s lacks device, directory or fstype", stock->id,
			    id);
	return 0;
}

static int take_export(struct stock_group *stock, const char *id,
		       const struct values *values, struct err *err)
{
	_cleanup_free_ char *copy = NULL;
	char *save = NULL;
	int rc;

	if (!*get(values, PARAM_DIRECTORY) || !*get(values, PARAM_CLIENT))
		return FAIL(err, -EINVAL, "group %s: %s lacks directory or clientspec",
			    stock->id, id);
	copy = strdup(get(values, PARAM_DIRECTORY));
	rc = copy ? 0 : -ENOMEM;
	/* The agent takes several, separated by blanks. */
	for (char *path = rc ? NULL : strtok_r(copy, " \t\n", &save); path && rc == 0;
	     path = strtok_r(NULL, " \t\n", &save))
		rc = group_add_export(stock, path, NULL, get(values, PARAM_CLIENT),
				      get(values, PARAM_OPTIONS));
	return rc;
}

/* "24" or "255.255.255.0"; 0 if it is neither, which counts as unknown. */
static unsigned int parse_netmask(const char *text)
{
	struct ipaddr mask;
	unsigned long len;
	uint32_t host;

	if (text_parse_number(&len, text, 1, 128) == 0)
		return len;
	if (ipaddr_parse(&mask, text) < 0 || mask.family != AF_INET)
		return 0;
	host = ~ntohl(mask.v4.s_addr);
	return host & (host + 1) ? 0 : __builtin_popcount(~host);
}

static int take_address(struct stock_group *stock, const char *id,
			const struct values *values, struct err *err)
{
	struct address *a = &stock->addresses[stock->n_addresses];
	const char *nic = get(values, PARAM_NIC);
	/* "eth0:0": the label of old tools is not part of the link's name. */
	size_t len = strcspn(nic, ":");

	if (stock->n_addresses == SERVICE_ADDRESSES_MAX)
		return FAIL(err, -EINVAL, "group %s: more than %d addresses", stock->id,
			    SERVICE_ADDRESSES_MAX);
	memset(a, 0, sizeof(*a));
	if (ipaddr_parse(&a->ip, get(values, PARAM_IP)) < 0)
		return FAIL(err, -EINVAL, "group %s: %s: ip=%s is not an address",
			    stock->id, id, get(values, PARAM_IP));
	if (len >= sizeof(a->link))
		return FAIL(err, -EINVAL, "group %s: %s: nic=%s is not a link", stock->id,
			    id, nic);
	a->prefixlen = parse_netmask(get(values, PARAM_NETMASK));
	if (!a->prefixlen && *get(values, PARAM_NETMASK))
		return FAIL(err, -EINVAL,
			    "group %s: %s: cidr_netmask=%s is not a netmask", stock->id,
			    id, get(values, PARAM_NETMASK));
	if (nic[len])
		strlist_add(&stock->remarks,
			    "%s: the label of nic=%s is not carried over", id, nic);
	memcpy(a->link, nic, len);
	stock->n_addresses++;
	return 0;
}

static void tell_other(struct stock_group *stock, const xmlNode *kind, const char *id)
{
	const char *class = xml_get(kind, "class"), *provider = xml_get(kind, "provider"),
		   *type = xml_get(kind, "type");

	strlist_add(&stock->others, "%s", id);
	strlist_add(&stock->remarks,
		    "%s (%s%s%s:%s) is not a part of a service and stays; see whether it "
		    "belongs before the service or after it; bound to it, the service is "
		    "stopped and started by a move, not handed over",
		    id, class ? class : "?", provider ? ":" : "",
		    provider ? provider : "", type ? type : "?");
}

/* Its stickiness is part of the group's. */
static void tell_meta(struct stock_group *stock, const char *id, const char *name,
		      const char *value, void *data)
{
	if (strcmp(name, "resource-stickiness") != 0)
		resource_tell(stock, id, name, value, data);
}

/* The template's attributes come after the resource's own. */
static void walk_both(struct stock_group *stock, xmlNode *primitive, xmlNode *template,
		      const char *kind, const char *id, resource_call *call, void *data)
{
	resource_walk(stock, primitive, kind, id, call, data);
	resource_walk(stock, template, kind, id, call, data);
}

int resource_take(struct stock_group *stock, const xmlNode *resources, xmlNode *primitive,
		  struct err *err)
{
	xmlNode *template = resource_find_template(resources, primitive);
	xmlNode *kind = template ? template : primitive;
	const struct agent *agent = find_agent(kind);
	const char *id = xml_get(primitive, "id");
	struct values values = { 0 };
	struct taking taking = { agent ? agent->part : RESOURCE_NONE, &values };

	if (!id)
		return FAIL(err, -EPROTO, "group %s: a resource has no id", stock->id);
	if (!agent) {
		tell_other(stock, kind, id);
		return 0;
	}
	strlist_add(&stock->replaced, "%s", id);
	if (agent->why)
		strlist_add(&stock->remarks, "%s (%s) is not carried over: %s", id,
			    agent->type, agent->why);
	walk_both(stock, primitive, template, "instance_attributes", id,
		  agent->why ? resource_tell : take_parameter, &taking);
	walk_both(stock, primitive, template, "meta_attributes", id, tell_meta, NULL);
	walk_both(stock, primitive, template, "utilization", id, resource_tell, NULL);
	tell_operations(stock, primitive, id);
	tell_operations(stock, template, id);
	stock->has_server |= agent->part == RESOURCE_SERVER;
	if (agent->part == RESOURCE_FILESYSTEM)
		return take_filesystem(stock, id, &values, err);
	if (agent->part == RESOURCE_EXPORT)
		return take_export(stock, id, &values, err);
	if (agent->part == RESOURCE_ADDRESS)
		return take_address(stock, id, &values, err);
	return 0;
}
