// A browser as far as the listener can tell, and strangers: plain sockets, so that a request can be
// as wrong as it likes.

import Glibc

/// What a connection brought back.
struct Answer {
  var status: Int?
  var headers: [String: String] = [:]
  var body = ""

  init(_ bytes: [UInt8]) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard let end = text.firstRange(of: "\r\n\r\n") else { return }
    let lines = text[..<end.lowerBound].split(separator: "\r\n")
    status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) }
    for line in lines.dropFirst() {
      let parts = line.split(separator: ": ", maxSplits: 1)
      if let name = parts.first, let value = parts.last {
        headers[name.lowercased()] = String(value)
      }
    }
    body = String(text[end.upperBound...])
  }
}

/// A TCP connection to this machine; closed with the value.
final class Browser {
  let descriptor: CInt

  struct Refused: Error, Equatable { var code: CInt }

  init(_ address: String, _ port: Int) throws(Refused) {
    let isSix = address.contains(":")
    descriptor = socket(isSix ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    // A test that waits for ever says less than one that fails.
    var patience = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    let result = Self.withAddress(address, port) { connect(descriptor, $0, $1) }
    if result != 0 {
      let code = errno
      throw Refused(code: code)
    }
  }

  deinit { close(descriptor) }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Everything until the other side is done.
  func receive() -> Answer {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 8192)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return Answer(all) }
      all += buffer[..<count]
    }
  }

  static func get(
    _ target: String, _ port: Int, at address: String = "127.0.0.1", host: String? = nil,
    method: String = "GET", extra: String = ""
  ) throws(Refused) -> Answer {
    let browser = try Browser(address, port)
    browser.send(
      "\(method) \(target) HTTP/1.1\r\nHost: \(host ?? "127.0.0.1:\(port)")\r\n\(extra)\r\n")
    return browser.receive()
  }

  /// Whether nobody listens there. Asks until it is so, or fails.
  static func isClosed(_ port: Int, at address: String = "127.0.0.1") -> Bool {
    for _ in 0..<100_000 {
      do throws(Refused) {
        _ = try Browser(address, port)
      } catch {
        if error.code == ECONNREFUSED { return true }
      }
    }
    return false
  }

  static func withAddress<Result>(
    _ address: String, _ port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
  ) -> Result {
    if address.contains(":") {
      var six = sockaddr_in6()
      six.sin6_family = sa_family_t(AF_INET6)
      six.sin6_port = UInt16(port).bigEndian
      inet_pton(AF_INET6, address, &six.sin6_addr)
      return withUnsafePointer(to: &six) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          body($0, socklen_t(MemoryLayout<sockaddr_in6>.size))
        }
      }
    }
    var four = sockaddr_in()
    four.sin_family = sa_family_t(AF_INET)
    four.sin_port = UInt16(port).bigEndian
    inet_pton(AF_INET, address, &four.sin_addr)
    return withUnsafePointer(to: &four) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}

/// Another program that listens at a port.
final class Squatter {
  let descriptor: CInt

  /// Takes the port, also where a connection of an earlier run still lingers at it.
  init(_ address: String, _ port: Int) throws(Browser.Refused) {
    descriptor = socket(
      address.contains(":") ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var yes: CInt = 1
    setsockopt(
      descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<CInt>.size))
    let result = Browser.withAddress(address, port) { bind(descriptor, $0, $1) }
    guard result == 0, listen(descriptor, 8) == 0 else { throw Browser.Refused(code: errno) }
  }

  deinit { close(descriptor) }
}
