// Asks a server on a Unix socket the same thing again and again, for a while, and prints the rate
// and how long answers took, as one line of JSON.
//
//   load sequence SOCKET REQUEST SECONDS            one connection, one call after the other
//   load parallel SOCKET REQUEST SECONDS N DEPTH    N connections, DEPTH calls outstanding on each
//   load connect  SOCKET REQUEST SECONDS line|end   connect, ask, read, close, over and over; the
//                                                   answer is a line, or goes on to the end
//
// A tenth of the time is spent on warming up and not counted. One answer is awaited however long it
// takes. An answer with an error in it ends the run.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST_CONNECTIONS = 1024, MOST_DEPTH = 64 };

static struct sockaddr_un address = {.sun_family = AF_UNIX};
static const char *request;
static size_t request_length;
static char input[1 << 18];

static uint64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

// MARK: What is counted

// Times in steps of 100 ns up to 10 ms, in steps of 100 us up to 10 s.
enum { STEPS = 100000 };
static uint32_t fine[STEPS], coarse[STEPS];
static uint64_t answers, counting_from, over_at;

static void count(uint64_t asked_at, uint64_t answered_at) {
  if (answered_at < counting_from) return;
  answers++;
  uint64_t taken = answered_at - asked_at;
  if (taken < 10000000) {
    fine[taken / 100]++;
  } else {
    coarse[taken / 100000 < STEPS ? taken / 100000 : STEPS - 1]++;
  }
}

/// Microseconds in which this share of the answers came.
static double quantile(double share) {
  uint64_t wanted = (uint64_t)(share * (double)answers), seen = 0;
  for (int step = 0; step < STEPS; step++)
    if ((seen += fine[step]) > wanted) return ((double)step + 0.5) / 10;
  for (int step = 0; step < STEPS; step++)
    if ((seen += coarse[step]) > wanted) return ((double)step + 0.5) * 100;
  return 0;
}

static void start(double seconds) {
  uint64_t whole = (uint64_t)(seconds * 1e9);
  counting_from = now() + whole / 10;
  over_at = now() + whole;
}

static void report(void) {
  uint64_t end = now();
  printf("{\"rate\": %.0f, \"p50\": %.1f, \"p99\": %.1f, \"answers\": %llu}\n",
         (double)answers / ((double)(end - counting_from) / 1e9), quantile(0.5), quantile(0.99),
         (unsigned long long)answers);
}

// MARK: A connection

static int dial(int flags) {
  int connection = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (connection < 0) err(1, "socket");
  if (connect(connection, (struct sockaddr *)&address, sizeof address) != 0)
    err(1, "%s", address.sun_path);
  if (flags) fcntl(connection, F_SETFL, flags);
  return connection;
}

static void ask(int connection) {
  if (send(connection, request, request_length, MSG_NOSIGNAL) != (ssize_t)request_length)
    err(1, "send");
}

static void check(const char *text, size_t length) {
  if (!memmem(text, length, "\"error\":", 8)) return;
  errx(1, "an error was answered: %.*s", (int)(length < 400 ? length : 400), text);
}

/// Reads one answer to its end: a line's, or the connection's.
static void answer(int connection, int is_line) {
  size_t length = 0;
  for (;;) {
    ssize_t got = recv(connection, input + length, sizeof input - length, 0);
    if (got < 0) err(1, "recv");
    length += (size_t)got;
    if (got == 0 && is_line) errx(1, "the server hung up");
    if (got == 0 || (is_line && input[length - 1] == '\n')) break;
  }
  if (answers == 0) check(input, length);
}

// MARK: The three ways to ask

static void sequence(void) {
  int connection = dial(0);
  for (uint64_t before = now(); before < over_at || answers == 0;) {
    ask(connection);
    answer(connection, 1);
    uint64_t after = now();
    count(before, after);
    before = after;
  }
}

static void connect_ask_close(int is_line) {
  for (uint64_t before = now(); before < over_at || answers == 0;) {
    int connection = dial(0);
    ask(connection);
    answer(connection, is_line);
    close(connection);
    uint64_t after = now();
    count(before, after);
    before = after;
  }
}

static void parallel(int connections, int depth) {
  // When each outstanding call was made: answers come in the order of the calls.
  static uint64_t asked[MOST_CONNECTIONS][MOST_DEPTH];
  static uint32_t next[MOST_CONNECTIONS];
  static int descriptors[MOST_CONNECTIONS];
  int poll = epoll_create1(EPOLL_CLOEXEC);
  char *many = malloc(request_length * (size_t)depth);
  for (int copy = 0; copy < depth; copy++)
    memcpy(many + (size_t)copy * request_length, request, request_length);
  for (int index = 0; index < connections; index++) {
    descriptors[index] = dial(O_NONBLOCK);
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = (uint32_t)index};
    epoll_ctl(poll, EPOLL_CTL_ADD, descriptors[index], &event);
  }
  for (int index = 0; index < connections; index++) {
    for (int call = 0; call < depth; call++) asked[index][call] = now();
    if (send(descriptors[index], many, request_length * (size_t)depth, MSG_NOSIGNAL) < 0)
      err(1, "send");
  }
  for (uint64_t time = now(); time < over_at;) {
    struct epoll_event events[MOST_CONNECTIONS];
    int ready = epoll_wait(poll, events, MOST_CONNECTIONS, 1000);
    for (int entry = 0; entry < ready; entry++) {
      uint32_t index = events[entry].data.u32;
      ssize_t got = recv(descriptors[index], input, sizeof input, 0);
      if (got <= 0) errx(1, "the server hung up");
      time = now();
      if (answers == 0) check(input, (size_t)got);
      int ended = 0;
      for (char *place = input;
           (place = memchr(place, '\n', (size_t)(input + got - place))); place++) {
        uint32_t call = next[index]++ % (uint32_t)depth;
        count(asked[index][call], time);
        asked[index][call] = time;
        ended++;
      }
      size_t bytes = request_length * (size_t)ended;
      if (ended > 0 && send(descriptors[index], many, bytes, MSG_NOSIGNAL) != (ssize_t)bytes)
        err(1, "send");
    }
    if (ready == 0) errx(1, "no answer for a second");
  }
}

int main(int argc, char **argv) {
  if (argc < 5) errx(2, "usage: load sequence|parallel|connect SOCKET REQUEST SECONDS …");
  if (strlen(argv[2]) >= sizeof address.sun_path) errx(2, "%s is too long", argv[2]);
  strcpy(address.sun_path, argv[2]);
  request = argv[3];
  request_length = strlen(request);
  start(atof(argv[4]));
  if (strcmp(argv[1], "sequence") == 0) {
    sequence();
  } else if (strcmp(argv[1], "connect") == 0 && argc == 6) {
    connect_ask_close(strcmp(argv[5], "line") == 0);
  } else if (strcmp(argv[1], "parallel") == 0 && argc == 7) {
    int connections = atoi(argv[5]), depth = atoi(argv[6]);
    if (connections < 1 || connections > MOST_CONNECTIONS || depth < 1 || depth > MOST_DEPTH)
      errx(2, "1 to %d connections, 1 to %d deep", MOST_CONNECTIONS, MOST_DEPTH);
    parallel(connections, depth);
  } else {
    errx(2, "no such way to ask: %s", argv[1]);
  }
  report();
}
