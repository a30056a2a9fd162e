/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The step between the runner and a program that nobody here wrote.
 */
#pragma once

/*
 * What /init does when it is not the first process: gives up what a program would need to look
 * into the runner or into the machine's memory, goes to the folder of the program argv[1], and
 * becomes it. Returns the exit status of a program that could not be started.
 */
int program_become(char **argv);

/* Closes the runner's own memory to programs that lack the capability given up above. */
void program_hide_runner(void);
