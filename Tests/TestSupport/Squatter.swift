// Ports of this machine: one to use, and one that somebody else has already.

import Glibc

/// A port of loopback that a test has for itself, as far as anybody can.
public enum FreePort {
  /// One that nobody listens at now.
  public static func find() throws -> Int { try Squatter(0).port }
}

/// Another program that listens at a port of 127.0.0.1; lets go of it with the value.
public final class Squatter {
  private let descriptor: Int32
  /// Where it listens.
  public let port: Int

  /// Listens.
  ///
  /// - Parameter port: 0 for any that is free.
  public init(_ port: Int) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let descriptor = self.descriptor
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(descriptor, address, length) == 0 && listen(descriptor, 8) == 0
          && getsockname(descriptor, address, &length) == 0
      }
    }
    self.port = Int(UInt16(bigEndian: address.sin_port))
    guard isBound else { throw Trouble("port \(port) is taken") }
  }

  deinit { close(descriptor) }
}
