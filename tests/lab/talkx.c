// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * talkx: says one thing to a keeper and prints its answers, one per line.
 *
 *	talkx NAME JSON		ends after the result, or when the keeper goes away
 */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "keeper/ipc.h"

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct json_object *o;
	struct paths paths;
	bool over = false;
	int fd;

	paths_init(&paths, argv[1]);
	fd = ipc_connect(&paths, argv[1], &err);
	if (fd < 0 || send(fd, argv[2], strlen(argv[2]), 0) < 0) {
		fprintf(stderr, "talkx: %s\n", err.text);
		return 1;
	}
	while (!over && ipc_receive(fd, &o) == 0) {
		printf("%s\n", json_object_to_json_string_ext(o, JSON_C_TO_STRING_PLAIN));
		fflush(stdout);
		over = json_object_object_get_ex(o, "result", NULL);
		json_object_put(o);
	}
	return 0;
}
