// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * check_system: is this head's system set up in a way that gets in a service's way?
 *
 * A distribution, or whoever hardened the head, has put these there. Each is reported only
 * where it applies; doc/rhel.md says where they were found.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cmd/check.h"
#include "core/paths.h"
#include "os/blockdev.h"
#include "os/diskname.h"
#include "os/file.h"
#include "os/nfsconf.h"

/*
 * rpc.mountd reads the head's file, before its own options. In the service's namespace
 * nothing of the head is left below /var/lib/nfs.
 */
static void check_nfsconf(struct report *report)
{
	static const char *const off[] = { "n", "no", "0", "f", "false", "off" };
	static const char below[] = PATHS_NFS_VAR "/";
	char root[PATH_MAX] = "", v4[16] = "", state[PATH_MAX] = "";
	struct err err = { 0 };
	bool serves = true;

	nfsconf_get(NFSCONF_NFS, "mountd", "state-directory-path", state, sizeof(state));
	nfsconf_get(NFSCONF_NFS, "exports", "rootdir", root, sizeof(root));
	nfsconf_get(NFSCONF_NFS, "nfsd", "vers4", v4, sizeof(v4));
	for (size_t i = 0; i < sizeof(off) / sizeof(off[0]); i++)
		serves &= strcasecmp(v4, off[i]) != 0;
	if (root[0])
		err_set(&err, BATON_EXIT_SOFTWARE, 0,
			"rootdir= in [exports]: rpc.mountd looks for the exports below %s",
			root);
	else if (!serves)
		err_set(&err, BATON_EXIT_SOFTWARE, 0,
			"vers4=%s in [nfsd]: rpc.mountd has no version to serve, and ends",
			v4);
	/* Standby makes the usual one, and covers what is below it. */
	else if (state[0] && strcmp(state, PATHS_NFS_VAR) != 0 &&
		 (strncmp(state, below, strlen(below)) == 0 || access(state, F_OK) < 0))
		err_set(&err, BATON_EXIT_SOFTWARE, 0,
			"state-directory-path=%s in [mountd]: rpc.mountd does not find it, and "
			"ends",
			state);
	report_add(report, NFSCONF_NFS, err.text[0] ? VERDICT_WRONG : VERDICT_OK,
		   err.code, err.text[0] ? err.text : "nothing in rpc.mountd's way",
		   "remove this line there, or in " NFSCONF_NFS ".d");
}

/* user_namespaces(7): 0 forbids them to everybody, root included. */
static void check_namespaces(struct report *report)
{
	static const char *const limits[] = { "max_mnt_namespaces", "max_net_namespaces",
					      "max_uts_namespaces" };

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		char path[64], value[16], detail[128], advice[128];

		snprintf(path, sizeof(path), "/proc/sys/user/%s", limits[i]);
		if (file_read(path, value, sizeof(value)) <= 0 || strcmp(value, "0") != 0)
			continue;
		snprintf(detail, sizeof(detail),
			 "user.%s is 0: standby cannot make the service's namespaces",
			 limits[i]);
		snprintf(advice, sizeof(advice),
			 "sysctl user.%s=1024, and take its 0 out of /etc/sysctl.d",
			 limits[i]);
		report_add(report, "namespaces", VERDICT_WRONG, BATON_EXIT_SOFTWARE,
			   detail, advice);
		return;
	}
}

/* "system_u:object_r:bin_t:s0": cuts out the type, "" if there is none. */
static const char *cut_type(char *label)
{
	char *rest = label, *type = "";

	for (int i = 0; i < 3 && rest; i++)
		type = strsep(&rest, ":");
	return rest ? type : "";
}

/*
 * A file that was moved to its place keeps the label that it had where it was made, and
 * systemd may not run that. The type may also be one of a policy of the administrator's.
 */
static void check_selinux(struct report *report)
{
	char value[8], label[256] = "", program[PATH_MAX] = "baton", detail[PATH_MAX];
	const char *type;
	ssize_t len;
	bool good;

	if (file_read("/sys/fs/selinux/enforce", value, sizeof(value)) <= 0 ||
	    strcmp(value, "1") != 0)
		return;
	len = readlink("/proc/self/exe", program, sizeof(program) - 1);
	if (len > 0)
		program[len] = '\0';
	len = getxattr("/proc/self/exe", "security.selinux", label, sizeof(label) - 1);
	label[len > 0 ? len : 0] = '\0';
	type = cut_type(label);
	good = strcmp(type, "bin_t") == 0;
	snprintf(detail, sizeof(detail),
		 good ? "in force; %.1024s is %.64s"
		      : "in force, and %.1024s is %.64s, not bin_t: systemd may be "
			"refused to run it",
		 program, type[0] ? type : "without a label");
	report_add(report, "SELinux", good ? VERDICT_OK : VERDICT_UNSURE,
		   good ? BATON_EXIT_OK : BATON_EXIT_SOFTWARE, detail,
		   "restorecon -RFv /usr/sbin/baton /usr/lib/ocf/resource.d/baton "
		   "/usr/lib/systemd/system /etc/baton");
}

void check_system(struct report *report)
{
	check_nfsconf(report);
	check_namespaces(report);
	check_selinux(report);
}

const char *check_advise_device(void)
{
	return access("/etc/lvm/devices/system.devices", F_OK) == 0
		       ? "connect the disk, or correct `device` in the service file; is it a "
			 "volume of LVM's: lvmdevices --adddev DISK, as this head sees only "
			 "the disks in its devices file"
		       : "connect the disk, or correct `device` in the service file";
}

void check_device_name(struct report *report, const struct service *svc)
{
	char path[PATH_MAX], detail[PATH_MAX + 128], advice[PATH_MAX + 128];
	dev_t rdev;

	if (diskname_is_stable(svc->device) ||
	    blockdev_check_present(svc->device, &rdev, NULL) < 0)
		return;
	snprintf(detail, sizeof(detail),
		 "%s may be another disk on the other head, or after a boot",
		 svc->device);
	if (diskname_find_stable(rdev, path))
		snprintf(advice, sizeof(advice), "device = %s, on both heads", path);
	else
		snprintf(advice, sizeof(advice),
			 "a name that is the same on both heads, such as one in "
			 "/dev/disk/by-id");
	report_add(report, "name of the device", VERDICT_UNSURE, BATON_EXIT_DEVICE,
		   detail, advice);
}
