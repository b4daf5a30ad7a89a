// The person's own browser, where there is a desktop for it. It is asked for through `xdg-open`, as
// one argument and without a shell, after the person said so.

internal import Glibc

/// The desktop of this session.
enum Desktop {
  /// Whether there is one: a display, and nobody who came over SSH, whose browser is elsewhere.
  static var isThere: Bool {
    let isRemote = ["SSH_CONNECTION", "SSH_TTY"].contains { isSet($0) }
    return !isRemote && ["DISPLAY", "WAYLAND_DISPLAY"].contains { isSet($0) }
  }

  private static func isSet(_ name: String) -> Bool {
    environment(name).map { !$0.isEmpty } ?? false
  }

  /// Starts the browser.
  ///
  /// - Returns: whether it could be started; how it fares is for the person to see.
  static func open(_ address: BrowserAddress) -> Bool {
    guard address.isOpenable else { return false }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    for (descriptor, flags) in [(CInt(0), O_RDONLY), (1, O_WRONLY), (2, O_WRONLY)] {
      unsafe posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", flags, 0)
    }
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    // POSIX_SPAWN_SETSID, which the module does not show: Control-C here is not meant for it.
    unsafe posix_spawnattr_setflags(&attributes, 0x80)
    let arguments = ["xdg-open", address.text]
    var pid = pid_t()
    return unsafe withCStrings(arguments) { argv in
      unsafe posix_spawnp(&pid, "xdg-open", &actions, &attributes, argv, environ) == 0
    }
  }
}

/// The strings as C has them: pointers, the last of which is null, for the length of the call.
@unsafe
func withCStrings<Result>(
  _ strings: [String],
  _ body: (UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>) -> Result
) -> Result {
  var pointers: [UnsafeMutablePointer<CChar>?] = unsafe strings.map { unsafe strdup($0) } + [nil]
  defer { unsafe pointers.forEach { unsafe free($0) } }
  return unsafe pointers.withUnsafeMutableBufferPointer { buffer in
    // Never empty: the last is null.
    unsafe body(buffer.baseAddress.unsafelyUnwrapped)
  }
}
