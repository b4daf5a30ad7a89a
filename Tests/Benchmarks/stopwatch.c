// How long programs take, started one after the other, in turns.
//
//   stopwatch exit  ROUNDS -- PROGRAM ARGUMENTS… [-- PROGRAM ARGUMENTS…]
//   stopwatch ready ROUNDS -- PROGRAM ARGUMENTS… [-- PROGRAM ARGUMENTS…]
//
// `exit`: from before the fork until the process has ended, with status 0. `ready`: until it says
// READY=1 to systemd's socket (sd_notify(3)); then it is stopped. Prints one line of JSON: for each
// program the milliseconds of every round. The first round warms up and is not among them.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_PROGRAMS = 4, MOST_ROUNDS = 4096 };

static int notifications = -1;
static posix_spawn_file_actions_t nowhere;

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e3 + (double)time.tv_nsec / 1e6;
}

static pid_t launch(char **program) {
  pid_t process;
  errno = posix_spawnp(&process, program[0], &nowhere, NULL, program, environ);
  if (errno != 0) err(1, "%s", program[0]);
  return process;
}

static int reap(pid_t process) {
  int status;
  struct rusage usage;
  while (wait4(process, &status, 0, &usage) < 0)
    if (errno != EINTR) err(1, "wait4");
  return status;
}

static double until_exit(char **program) {
  double start = now();
  int status = reap(launch(program));
  double taken = now() - start;
  if (status != 0) errx(1, "%s ended with status %d", program[0], status);
  return taken;
}

static double until_ready(char **program) {
  char message[4096];
  double start = now();
  pid_t process = launch(program);
  for (;;) {
    ssize_t count = recv(notifications, message, sizeof message - 1, 0);
    if (count < 0) {
      kill(process, SIGKILL);
      errx(1, "%s was not ready in time", program[0]);
    }
    message[count] = 0;
    if (strstr(message, "READY=1")) break;
  }
  double taken = now() - start;
  kill(process, SIGTERM);
  reap(process);
  // What it said while it was stopping.
  while (recv(notifications, message, sizeof message, MSG_DONTWAIT) > 0) {}
  return taken;
}

/// A socket of systemd's kind, with a name in no folder.
static void listen_for_notifications(void) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  char name[64];
  snprintf(name, sizeof name, "@remedy-stopwatch-%d", (int)getpid());
  memcpy(address.sun_path + 1, name + 1, strlen(name) - 1);
  socklen_t length = (socklen_t)(sizeof address.sun_family + strlen(name));
  notifications = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (bind(notifications, (struct sockaddr *)&address, length) != 0) err(1, "bind");
  struct timeval limit = {.tv_sec = 30};
  setsockopt(notifications, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setenv("NOTIFY_SOCKET", name, 1);
}

int main(int argc, char **argv) {
  char **programs[MOST_PROGRAMS];
  static double taken[MOST_PROGRAMS][MOST_ROUNDS];
  int count = 0;
  if (argc < 5) errx(2, "usage: stopwatch exit|ready ROUNDS -- PROGRAM… [-- PROGRAM…]");
  int is_ready = strcmp(argv[1], "ready") == 0;
  int rounds = atoi(argv[2]);
  if (rounds < 1 || rounds > MOST_ROUNDS) errx(2, "1 to %d rounds", MOST_ROUNDS);
  for (int index = 3; index < argc; index++) {
    if (strcmp(argv[index], "--") != 0) continue;
    argv[index] = NULL;
    if (count < MOST_PROGRAMS) programs[count++] = &argv[index + 1];
  }
  posix_spawn_file_actions_init(&nowhere);
  posix_spawn_file_actions_addopen(&nowhere, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&nowhere, 1, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&nowhere, 2, "/dev/null", O_WRONLY, 0);
  if (is_ready) listen_for_notifications();
  for (int round = -1; round < rounds; round++) {
    for (int program = 0; program < count; program++) {
      double time = is_ready ? until_ready(programs[program]) : until_exit(programs[program]);
      if (round >= 0) taken[program][round] = time;
    }
  }
  printf("[");
  for (int program = 0; program < count; program++) {
    printf(program ? ", [" : "[");
    for (int round = 0; round < rounds; round++)
      printf(round ? ", %.4f" : "%.4f", taken[program][round]);
    printf("]");
  }
  printf("]\n");
}
