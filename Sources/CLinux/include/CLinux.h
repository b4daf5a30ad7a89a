// Linux as Swift's Glibc module does not show it: variadic calls, structs behind _GNU_SOURCE, and
// socket options newer than the headers of Debian 12. One wrapper a call, no decisions.
//
// Unless it says otherwise, a function returns -1 with errno set when the call fails.

#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#pragma clang assume_nonnull begin

// MARK: Who is at the other end of a Unix socket

struct remedy_peer {
  int32_t pid;
  uint32_t uid;
  uint32_t gid;
};

// SO_PEERCRED. `peer` is written only when the kernel filled all of it: 0 then, else -1. A zeroed
// struct would read as root.
int remedy_peer_credentials(int socket, struct remedy_peer *peer);

// SO_PEERGROUPS: how many supplementary groups there are, which may be more than `capacity`; only
// then nothing is written.
int remedy_peer_groups(int socket, uint32_t *groups, int capacity);

// SO_PEERPIDFD (Linux 6.5): a new descriptor for the process that connected, which the caller
// closes. ENOPROTOOPT on an older kernel.
int remedy_peer_pidfd(int socket);

// pidfd_open(2): a new descriptor, which the caller closes.
int remedy_pidfd_open(int32_t pid);

// 1 when the process has exited, 0 when it runs.
int remedy_pidfd_has_exited(int pidfd);

// MARK: Unix sockets

// How many bytes a path may have, its end left out.
int remedy_unix_path_limit(void);

// A stream socket with close-on-exec and non-blocking set.
int remedy_unix_socket(void);

int remedy_unix_bind(int socket, const char *path);
int remedy_unix_connect(int socket, const char *path);

// 1 for a Unix stream socket that listens, 0 for any other descriptor, -1 where it is none at all.
int remedy_is_unix_listener(int descriptor);

// send(2) that neither blocks nor raises SIGPIPE.
ssize_t remedy_send(int socket, const void *bytes, size_t count);

// MARK: Files

// A folder that is not a symbolic link, close-on-exec, for the *at functions.
int remedy_open_folder(const char *path);

// renameat2(RENAME_NOREPLACE) within one folder; EEXIST where `to` is taken.
int remedy_rename_without_replacing(int folder, const char *from, const char *to);

// A write lock on the whole file that belongs to the open file description, without waiting:
// EAGAIN where somebody holds it.
int remedy_ofd_lock(int descriptor);

// MARK: The kernel's keyrings

// Reads a key of type "user" by its name from the calling user's keyring (@u), else from the session's
// (@s): how many bytes it has, which may be more than `capacity`; only then nothing is written.
// ENOKEY where there is none, EKEYEXPIRED or EKEYREVOKED where it is over.
ssize_t remedy_keyring_read(const char *name, void *bytes, size_t capacity);

// MARK: This process

// No core, no ptrace, no /proc/PID/mem for others of the same uid.
int remedy_set_not_dumpable(void);

// No core file, for children neither.
int remedy_raise_core_limit_zero(void);

// Names the calling thread, by up to 15 bytes, for `top -H`, debuggers and traces.
int remedy_name_thread(const char *name);

// Zeroes memory, whatever the optimiser thinks of it.
void remedy_wipe(void *bytes, size_t count);

// Nanoseconds since boot, sleep included: what /proc/PID/stat counts start times in.
int64_t remedy_boot_time(void);

#pragma clang assume_nonnull end
