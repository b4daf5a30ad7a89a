// The sockets that a socket unit bound for us (`sd_listen_fds(3)`).

internal import CSystemd
internal import Glibc

/// Descriptors passed by socket activation.
public enum ListenDescriptors {
  /// What systemd said could not be understood; an `errno`.
  public struct Failure: Error, Equatable, Sendable {
    /// What `sd_listen_fds_with_names(3)` gave.
    public let errno: Int32
  }

  /// The descriptors passed to this process, with their names (`FileDescriptorName=`, by default
  /// the socket unit's name), in order; empty where it was not activated by a socket.
  ///
  /// They are this process's from now on, and no child inherits them. The variables that announced
  /// them are removed, so that the second call gives none.
  ///
  /// - Throws: `Failure` where the variables are there and make no sense.
  public static func named() throws(Failure) -> [(descriptor: Int32, name: String)] {
    var names: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
    let count = unsafe sd_listen_fds_with_names(1, &names)
    guard count >= 0 else { throw Failure(errno: -count) }
    guard count > 0, let list = unsafe names else { return [] }
    defer { unsafe free(list) }
    return (0..<count).map { index in
      let first = unsafe list[Int(index)]
      defer { unsafe free(first) }
      let name = if let first = unsafe first { unsafe String(cString: first) } else { "unknown" }
      return (SD_LISTEN_FDS_START + index, name)
    }
  }
}
