// The limit that a server on a Unix socket is held against: one thread, epoll, and the same bytes
// back for every line that comes, without a look at what the line says.
//
//   echo SOCKET PAYLOAD-FILE
//
// What is owed to a connection is a count of bytes: the answers are one payload over and over, so
// none of it needs to be copied. While something is owed, nothing more is read.

#define _GNU_SOURCE
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { COPIES = 64, MOST_CONNECTIONS = 4096 };

static char *answers;   // the payload, COPIES times
static size_t length;   // of one
static size_t owed[MOST_CONNECTIONS];

static void read_payload(const char *path) {
  FILE *file = fopen(path, "r");
  if (!file) err(1, "%s", path);
  char line[1 << 16];
  length = fread(line, 1, sizeof line, file);
  fclose(file);
  if (length == 0 || line[length - 1] != '\n') errx(1, "%s is no line", path);
  answers = malloc(length * COPIES);
  for (int copy = 0; copy < COPIES; copy++) memcpy(answers + copy * length, line, length);
}

/// Sends what is owed; 0 when all of it is sent, 1 when the socket is full, -1 when it is broken.
static int pay(int connection) {
  while (owed[connection] > 0) {
    size_t done = (length - owed[connection] % length) % length;
    size_t room = length * COPIES - done;
    size_t count = owed[connection] < room ? owed[connection] : room;
    ssize_t sent = send(connection, answers + done, count, MSG_NOSIGNAL);
    if (sent < 0) return errno == EAGAIN ? 1 : -1;
    owed[connection] -= (size_t)sent;
  }
  return 0;
}

/// 0 to wait for more to read, 1 to wait for room, -1 when it is over.
static int serve(int connection) {
  static char input[1 << 16];
  int state = pay(connection);
  if (state != 0) return state;
  ssize_t count = read(connection, input, sizeof input);
  if (count < 0) return errno == EAGAIN ? 0 : -1;
  if (count == 0) return -1;
  for (char *place = input; (place = memchr(place, '\n', (size_t)(input + count - place))); place++)
    owed[connection] += length;
  return pay(connection);
}

int main(int argc, char **argv) {
  if (argc != 3) errx(2, "usage: echo SOCKET PAYLOAD-FILE");
  read_payload(argv[2]);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  if (strlen(argv[1]) >= sizeof address.sun_path) errx(2, "%s is too long", argv[1]);
  strcpy(address.sun_path, argv[1]);
  int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (bind(listener, (struct sockaddr *)&address, sizeof address) != 0) err(1, "%s", argv[1]);
  if (listen(listener, 1024) != 0) err(1, "listen");
  int poll = epoll_create1(EPOLL_CLOEXEC);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = listener};
  epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
  for (;;) {
    struct epoll_event events[64];
    int count = epoll_wait(poll, events, 64, -1);
    for (int index = 0; index < count; index++) {
      int connection = events[index].data.fd;
      if (connection == listener) {
        int accepted = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (accepted < 0) continue;
        if (accepted >= MOST_CONNECTIONS) {
          close(accepted);
          continue;
        }
        owed[accepted] = 0;
        event = (struct epoll_event){.events = EPOLLIN, .data.fd = accepted};
        epoll_ctl(poll, EPOLL_CTL_ADD, accepted, &event);
        continue;
      }
      int state = serve(connection);
      uint32_t wanted = state == 1 ? EPOLLOUT : EPOLLIN;
      if (state < 0) {
        close(connection);
      } else if (!(events[index].events & wanted)) {
        event = (struct epoll_event){.events = wanted, .data.fd = connection};
        epoll_ctl(poll, EPOLL_CTL_MOD, connection, &event);
      }
    }
  }
}
