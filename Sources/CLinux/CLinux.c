#define _GNU_SOURCE

#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/keyctl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

// Newer than the headers of Debian 12; the numbers are those of asm-generic.
#ifndef SO_PEERGROUPS
#define SO_PEERGROUPS 59
#endif
#ifndef SO_PEERPIDFD
#define SO_PEERPIDFD 77
#endif
#ifndef SYS_pidfd_open
#define SYS_pidfd_open 434
#endif

int remedy_peer_credentials(int socket, struct remedy_peer *peer) {
  struct ucred credentials;
  memset(&credentials, 0xff, sizeof credentials);
  socklen_t length = sizeof credentials;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &credentials, &length) != 0) return -1;
  if (length != sizeof credentials) {
    errno = EPROTO;
    return -1;
  }
  peer->pid = credentials.pid;
  peer->uid = credentials.uid;
  peer->gid = credentials.gid;
  return 0;
}

int remedy_peer_groups(int socket, uint32_t *groups, int capacity) {
  socklen_t length = (socklen_t)capacity * sizeof(uint32_t);
  int status = getsockopt(socket, SOL_SOCKET, SO_PEERGROUPS, groups, &length);
  if (status != 0 && errno != ERANGE) return -1;
  return (int)(length / sizeof(uint32_t));
}

int remedy_peer_pidfd(int socket) {
  int pidfd = -1;
  socklen_t length = sizeof pidfd;
  if (getsockopt(socket, SOL_SOCKET, SO_PEERPIDFD, &pidfd, &length) != 0) return -1;
  return pidfd;
}

int remedy_pidfd_open(int32_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int remedy_pidfd_has_exited(int pidfd) {
  struct pollfd entry = {.fd = pidfd, .events = POLLIN};
  int status;
  do {
    status = poll(&entry, 1, 0);
  } while (status < 0 && errno == EINTR);
  if (status < 0) return -1;
  return status > 0 ? 1 : 0;
}

int remedy_unix_path_limit(void) {
  return (int)sizeof(((struct sockaddr_un *)0)->sun_path) - 1;
}

int remedy_unix_socket(void) {
  return socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
}

static int address(const char *path, struct sockaddr_un *address, socklen_t *length) {
  size_t count = strlen(path);
  if (count == 0 || count >= sizeof address->sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, count);
  *length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + count + 1);
  return 0;
}

int remedy_unix_bind(int socket, const char *path) {
  struct sockaddr_un name;
  socklen_t length;
  if (address(path, &name, &length) != 0) return -1;
  return bind(socket, (struct sockaddr *)&name, length);
}

int remedy_unix_connect(int socket, const char *path) {
  struct sockaddr_un name;
  socklen_t length;
  if (address(path, &name, &length) != 0) return -1;
  int status;
  do {
    status = connect(socket, (struct sockaddr *)&name, length);
  } while (status < 0 && errno == EINTR);
  return status;
}

static int socket_option(int descriptor, int option) {
  int value = -1;
  socklen_t length = sizeof value;
  return getsockopt(descriptor, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

int remedy_is_unix_listener(int descriptor) {
  struct stat status;
  if (fstat(descriptor, &status) != 0) return -1;
  return S_ISSOCK(status.st_mode) && socket_option(descriptor, SO_DOMAIN) == AF_UNIX &&
                 socket_option(descriptor, SO_TYPE) == SOCK_STREAM &&
                 socket_option(descriptor, SO_ACCEPTCONN) == 1
             ? 1
             : 0;
}

ssize_t remedy_send(int socket, const void *bytes, size_t count) {
  ssize_t sent;
  do {
    sent = send(socket, bytes, count, MSG_NOSIGNAL | MSG_DONTWAIT);
  } while (sent < 0 && errno == EINTR);
  return sent;
}

int remedy_open_folder(const char *path) {
  return open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
}

int remedy_rename_without_replacing(int folder, const char *from, const char *to) {
  return renameat2(folder, from, folder, to, RENAME_NOREPLACE);
}

int remedy_ofd_lock(int descriptor) {
  struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 0, .l_len = 0};
  return fcntl(descriptor, F_OFD_SETLK, &whole);
}

static long keyring_find(int32_t ring, const char *name) {
  // Found through the ring, a key is possessed; read by its number alone it need not be, where the
  // session's keyring is not linked to the user's (KeyringMode=private). So it is linked for a moment.
  return syscall(SYS_keyctl, KEYCTL_SEARCH, ring, "user", name, KEY_SPEC_THREAD_KEYRING);
}

ssize_t remedy_keyring_read(const char *name, void *bytes, size_t capacity) {
  long key = keyring_find(KEY_SPEC_USER_KEYRING, name);
  if (key < 0 && errno == ENOKEY) key = keyring_find(KEY_SPEC_SESSION_KEYRING, name);
  if (key < 0) return -1;
  long count = syscall(SYS_keyctl, KEYCTL_READ, key, bytes, capacity);
  int code = errno;
  syscall(SYS_keyctl, KEYCTL_UNLINK, key, KEY_SPEC_THREAD_KEYRING);
  errno = code;
  return count;
}

int remedy_set_not_dumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

int remedy_raise_core_limit_zero(void) {
  struct rlimit none = {0, 0};
  return setrlimit(RLIMIT_CORE, &none);
}

int remedy_name_thread(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

void remedy_wipe(void *bytes, size_t count) { explicit_bzero(bytes, count); }

int64_t remedy_boot_time(void) {
  struct timespec now;
  if (clock_gettime(CLOCK_BOOTTIME, &now) != 0) return -1;
  return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}
