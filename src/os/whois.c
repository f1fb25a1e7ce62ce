// SPDX-License-Identifier: GPL-2.0-or-later
/* whois: who is behind a process? */
#include "os/whois.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/cleanup.h"
#include "core/text.h"
#include "os/file.h"

/* The login that a process comes from. It outlives sudo and su, and only root can set it
 * (kernel/audit.c); without CONFIG_AUDIT there is none. */
static uint32_t read_login(pid_t pid)
{
	char path[40], text[16];
	unsigned long login;

	snprintf(path, sizeof(path), "/proc/%d/loginuid", pid);
	if (file_read(path, text, sizeof(text)) <= 0 ||
	    text_parse_number(&login, text, 0, ASKER_NO_LOGIN) < 0)
		return ASKER_NO_LOGIN;
	return login;
}

static void find_name(uint32_t uid, char name[ASKER_USER_MAX + 1])
{
	_cleanup_fclose_ FILE *f = fopen("/etc/passwd", "re");
	struct passwd entry, *found;
	char line[1024];

	while (f && fgetpwent_r(f, &entry, line, sizeof(line), &found) == 0) {
		if (found->pw_uid != uid || strlen(found->pw_name) > ASKER_USER_MAX)
			continue;
		strcpy(name, found->pw_name);
		return;
	}
}

static struct asker describe(enum asker_kind kind, pid_t pid, uid_t uid)
{
	struct asker asker = { .kind = kind, .pid = pid, .uid = uid };

	asker.login = read_login(pid);
	find_name(asker.login == ASKER_NO_LOGIN ? uid : asker.login, asker.user);
	return asker;
}

struct asker whois_peer(int fd, enum asker_kind kind)
{
	struct ucred cred = { 0 };
	socklen_t len = sizeof(cred);

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) < 0 || cred.pid <= 0)
		return (struct asker){ .kind = kind, .login = ASKER_NO_LOGIN };
	return describe(kind, cred.pid, cred.uid);
}

struct asker whois_self(enum asker_kind kind)
{
	return describe(kind, getpid(), geteuid());
}
