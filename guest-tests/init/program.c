// SPDX-License-Identifier: GPL-2.0-only
/*
 * Takes from a foreign program the ways to the runner's nonce, without which no record on the
 * wire is valid: whatever it writes to the ports, it cannot speak for another test. It stays root
 * in all else, since that is what tests of the kernel expect to be.
 */
#include "program.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

/* Other processes' memory, the machine's memory and ports, the kernel's own. */
static const int given_up[] = {CAP_SYS_PTRACE, CAP_SYS_RAWIO, CAP_SYS_MODULE};

void program_hide_runner(void)
{
	prctl(PR_SET_DUMPABLE, 0);
}

static int complain(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 127;
}

int program_become(char **argv)
{
	char dir[256];
	char *slash;

	if (!argv[1])
		return 127;
	for (size_t i = 0; i < sizeof(given_up) / sizeof(*given_up); i++)
		if (prctl(PR_CAPBSET_DROP, given_up[i]) < 0)
			return complain("capabilities");
	snprintf(dir, sizeof(dir), "%s", argv[1]);
	slash = strrchr(dir, '/');
	if (slash && slash != dir)
		*slash = '\0';
	if (chdir(dir) < 0)
		return complain(dir);
	execv(argv[1], argv + 1);
	return complain(argv[1]);
}
