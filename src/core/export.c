// SPDX-License-Identifier: GPL-2.0-or-later
/* export: an `export =` line, checked and put into a normal form. */
#include "core/export.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <uuid/uuid.h>

#include "core/cleanup.h"
#include "core/export_option.h"
#include "core/text.h"

/* nfs-utils' own limits: NFS_MAXPATHLEN, NFSCLNT_IDMAX. */
#define PATH_LIMIT   1024
#define CLIENT_LIMIT 1024

#define EXPORT_BLANKS " \t"

static int refuse(struct err *err, const char *what, const char *value, const char *why)
{
	return err_set(err, BATON_EXIT_CONFIG, 0, "%s '%.80s' %s", what, value, why);
}

static bool is_netmask(const char *text)
{
	struct in_addr mask;
	uint32_t host;

	if (inet_pton(AF_INET, text, &mask) != 1)
		return false;
	host = ~ntohl(mask.s_addr);
	return (host & (host + 1)) == 0;
}

static int check_network(const char *client, const char *slash, struct err *err)
{
	_cleanup_free_ char *text = strndup(client, slash - client);
	struct ipaddr ip;
	unsigned long len;

	if (!text)
		return -ENOMEM;
	if (ipaddr_parse(&ip, text))
		return refuse(err, "client", client, "is not ADDRESS/PREFIX");
	if (text_parse_number(&len, slash + 1, 0, ip.family == AF_INET ? 32 : 128) &&
	    !(ip.family == AF_INET && is_netmask(slash + 1)))
		return refuse(err, "client", client,
			      ip.family == AF_INET ? "has a prefix that is not 0 to 32"
						   : "has a prefix that is not 0 to 128");
	return 0;
}

static int check_client(const char *client, struct err *err)
{
	static const char alnum[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-*?[]";
	const char *slash = strchr(client, '/');
	struct ipaddr ip;

	if (strlen(client) >= CLIENT_LIMIT)
		return refuse(err, "client", client, "is too long");
	if (strncmp(client, "gss/", 4) == 0)
		return text_has_word("krb5 krb5i krb5p", client + 4)
			       ? 0
			       : refuse(err, "client", client,
					"is not one of gss/krb5, gss/krb5i, gss/krb5p");
	if (*client == '@')
		return client[1] && !client[1 + strcspn(client + 1, "*?[]/@:=,\"\\#%")]
			       ? 0
			       : refuse(err, "client", client,
					"is not a netgroup's name");
	if (slash)
		return check_network(client, slash, err);
	if (strchr(client, ':')) {
		if (*client == '[')
			return refuse(err, "client", client,
				      "must be written without brackets");
		return ipaddr_parse(&ip, client)
			       ? refuse(err, "client", client, "is not an IPv6 address")
			       : 0;
	}
	if (!client[strspn(client, "0123456789.")])
		return ipaddr_parse(&ip, client)
			       ? refuse(err, "client", client, "is not an IPv4 address")
			       : 0;
	if (client[strspn(client, alnum)])
		return refuse(err, "client", client,
			      "is not a host, address, network, wildcard or @netgroup");
	return 0;
}

/* Is @client, written as "client(", already in the list? */
static bool has_client(const char *list, const char *client)
{
	size_t n = strlen(client);

	for (const char *p = list; (p = strstr(p, client)); p += n)
		if ((p == list || p[-1] == ' ') && p[n] == '(')
			return true;
	return false;
}

static int copy_client(FILE *out, char *word, const char *before, struct err *err)
{
	char *open = strchr(word, '('), *close = strchr(word, ')');
	int rc;

	if (*word == '-')
		return refuse(err, "default options", word,
			      "are refused: give each client its own in parentheses");
	if (open == word && before)
		return err_set(
			err, BATON_EXIT_CONFIG, 0,
			"a blank between client '%.80s' and '%.80s' would give the "
			"whole world these rights; write '%.80s%.80s'",
			before, word, before, word);
	if (open == word)
		return refuse(err, "options", word,
			      "have no client before them; '*' means everyone");
	if (open ? !close || close[1] || close < open || strchr(open + 1, '(') : !!close)
		return refuse(
			err, "client", word,
			"must have all its options in one pair of parentheses, without blanks");
	if (open)
		*open++ = *close = '\0';
	rc = check_client(word, err);
	if (rc)
		return rc;
	fprintf(out, "%s(", word);
	rc = exportopt_copy(out, open ? open : "", err);
	if (rc)
		return rc == -ENOMEM ? rc : err_wrap(err, rc, "client '%.80s'", word);
	fputc(')', out);
	return 0;
}

static int copy_clients(char **clients, char *text, struct err *err)
{
	const char *before = NULL;
	char *save = NULL;
	size_t size;
	FILE *out;
	int rc = 0;

	*clients = NULL;
	out = open_memstream(clients, &size);
	if (!out)
		return -ENOMEM;
	for (char *word = strtok_r(text, EXPORT_BLANKS, &save); word && !rc;
	     word = strtok_r(NULL, EXPORT_BLANKS, &save)) {
		if (before)
			fputc(' ', out);
		if (fflush(out)) {
			rc = -ENOMEM;
			break;
		}
		/* copy_client() cuts the word at its parenthesis: the client remains. */
		_cleanup_free_ char *sofar = strdup(*clients);

		rc = sofar ? copy_client(out, word, before, err) : -ENOMEM;
		if (!rc && has_client(sofar, word))
			rc = refuse(err, "client", word, "is named twice");
		before = word;
	}
	if (fclose(out) && !rc)
		rc = -ENOMEM;
	if (!rc && !before)
		rc = err_set(err, BATON_EXIT_CONFIG, 0,
			     "no client follows the path; '*' means everyone");
	if (rc) {
		free(*clients);
		*clients = NULL;
	}
	return rc;
}

/* Takes the path off the line; sets @rest to what follows it. */
static int cut_path(char *text, char **path, char **rest, struct err *err)
{
	char *end;

	text += strspn(text, EXPORT_BLANKS);
	if (*text == '"') {
		end = strchr(++text, '"');
		if (!end)
			return refuse(err, "path", text - 1, "has no closing quote");
		*end++ = '\0';
		if (*end && !strchr(EXPORT_BLANKS, *end))
			return refuse(err, "path", text,
				      "needs a blank after its closing quote");
	} else {
		end = text + strcspn(text, EXPORT_BLANKS);
		if (*end)
			*end++ = '\0';
	}
	*path = text;
	*rest = end;
	return 0;
}

/* Puts the path into its normal form, in place. */
static int normalise_path(char *path, struct err *err)
{
	char *to = path;

	if (*path != '/')
		return refuse(
			err, "path", path,
			"must begin with '/', the root of the service's filesystem");
	if (strlen(path) >= PATH_LIMIT)
		return refuse(err, "path", path, "is too long");
	for (const char *p = path; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f || *p == '"' || *p == '\\')
			return refuse(err, "path", path,
				      "has a control character, a quote or a backslash");
	for (const char *p = path; *p;) {
		size_t n;

		p += strspn(p, "/");
		n = strcspn(p, "/");
		if ((n == 1 && p[0] == '.') || (n == 2 && p[0] == '.' && p[1] == '.'))
			return refuse(err, "path", path,
				      "must not have '.' or '..' in it");
		if (n) {
			*to++ = '/';
			memmove(to, p, n);
			to += n;
		}
		p += n;
	}
	if (to == path)
		*to++ = '/';
	*to = '\0';
	/* The filesystem may ignore case. */
	if (strncasecmp(path, "/.baton", 7) == 0 && (path[7] == '/' || !path[7]))
		return refuse(err, "path", path,
			      "is in baton's own directory, which no client may reach");
	return 0;
}

int export_parse(struct export *exp, const char *text, struct err *err)
{
	_cleanup_free_ char *copy = strdup(text);
	char *path = NULL, *rest = NULL, *clients = NULL;
	int rc = -ENOMEM;

	if (copy)
		rc = cut_path(copy, &path, &rest, err);
	if (!rc)
		rc = normalise_path(path, err);
	if (!rc)
		rc = copy_clients(&clients, rest, err);
	if (!rc) {
		path = strdup(path);
		if (!path) {
			free(clients);
			rc = -ENOMEM;
		}
	}
	if (rc == -ENOMEM)
		return err_set(err, BATON_EXIT_RESOURCE, ENOMEM, "export");
	if (rc)
		return rc;
	exp->path = path;
	exp->clients = clients;
	return 0;
}

int export_for_each_client(const char *clients, export_client_fn *fn, void *data)
{
	_cleanup_free_ char *copy = strdup(clients);
	char *save = NULL;

	if (!copy)
		return -ENOMEM;
	for (char *word = strtok_r(copy, " ", &save); word;
	     word = strtok_r(NULL, " ", &save)) {
		char *options = strchr(word, '(');
		int rc;

		if (!options)
			continue;
		*options++ = '\0';
		options[strcspn(options, ")")] = '\0';
		rc = fn(word, options, data);
		if (rc)
			return rc;
	}
	return 0;
}

void export_fsid(const char *service, const char *path, char uuid[EXPORT_FSID_TEXT])
{
	/* baton's own namespace (RFC 4122, 4.3). Never change: it is in file handles. */
	static const uuid_t ns = { 0x6f, 0x9d, 0x1b, 0x5c, 0x3e, 0x0a, 0x4c, 0x52,
				   0x9a, 0x77, 0xba, 0x70, 0x4e, 0x1d, 0x2c, 0x38 };
	char name[SERVICE_NAME_MAX + PATH_LIMIT + 2];
	uuid_t id;

	snprintf(name, sizeof(name), "%s:%s", service, path);
	uuid_generate_sha1(id, ns, name, strlen(name));
	uuid_unparse_lower(id, uuid);
}
