// An HTTP server of bare sockets: what it sends is a test's own bytes, well-formed or not, in the
// test's own pieces, so that it can misbehave as no server library lets one. A thread a connection.

import Foundation
import Synchronization
import TestSupport

/// `POLLRDHUP`, which the C library hides: the peer has shut its side down.
private let peerIsDone: Int16 = 0x2000

/// What was asked.
struct RawRequest: Sendable {
  var method: String
  /// The request line and the headers, as they were sent.
  var head = ""
  /// The request's target, as it was sent.
  var path: String
  var body: [UInt8]

  /// The members of a form's body; none where it is JSON.
  var form: [String: String] {
    guard body.first != UInt8(ascii: "{") else { return [:] }
    var components = URLComponents()
    components.percentEncodedQuery = String(decoding: body, as: UTF8.self)
      .replacingOccurrences(of: "+", with: "%20")
    let pairs = (components.queryItems ?? []).map { ($0.name, $0.value ?? "") }
    return Dictionary(pairs) { first, _ in first }
  }
}

extension RawRequest {
  /// Takes the next request, head and body, from what has come; `nil` where it is not whole yet.
  init?(from buffer: inout [UInt8]) {
    guard let end = buffer.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
    let head = String(decoding: buffer[..<end.lowerBound], as: UTF8.self)
    let line = head.lowercased().split(separator: "\r\n").first {
      $0.hasPrefix("content-length:")
    }
    let length = line.flatMap { Int($0.dropFirst(15).filter { $0 != " " }) } ?? 0
    let words = head.prefix { $0 != "\r\n" }.split(separator: " ")
    guard words.count == 3, buffer.count - end.upperBound >= length else { return nil }
    let rest = end.upperBound + length
    self.init(
      method: String(words[0]), head: head, path: String(words[1]),
      body: Array(buffer[end.upperBound..<rest]))
    buffer.removeSubrange(..<rest)
  }
}

/// What is done with the connection, one after the other.
enum RawStep: Sendable {
  case send([UInt8])
  /// The same bytes again and again, at most so often, until nobody takes them any more.
  case flood([UInt8], times: Int)
  /// One byte at a time, with a pause between two.
  case drip([UInt8])
  /// Nothing more, until the other side has enough.
  case silence
  case close
  /// With a reset in place of an end.
  case reset

  static func text(_ text: String) -> RawStep { .send(Array(text.utf8)) }
}

/// Listens at a free port of loopback, at 127.0.0.1 and at ::1, until it is stopped.
final class RawServer: Sendable {
  typealias Responder = @Sendable (RawRequest) -> [RawStep]

  let port: Int
  private let greeting: [RawStep]?
  private let respond: Responder
  private let listeners: [Int32]
  private let accepted = Atomic(0)
  private let open = Mutex<Set<Int32>>([])
  private let isStopped = Atomic(false)

  /// How many connections there were, whatever came of them.
  var connections: Int { accepted.load(ordering: .relaxed) }
  var origin: String { "http://127.0.0.1:\(port)" }

  /// - Parameters:
  ///   - greeting: what is done as soon as somebody connects, in place of taking requests.
  ///   - respond: what is done upon each request.
  init(greeting: [RawStep]? = nil, _ respond: @escaping Responder = { _ in [.close] }) throws {
    self.greeting = greeting
    self.respond = respond
    (listeners, port) = try Self.listen()
    for listener in listeners {
      Thread.detachNewThread { [self] in
        while let peer = Self.accept(listener), !isStopped.load(ordering: .relaxed) {
          accepted.wrappingAdd(1, ordering: .relaxed)
          open.withLock { _ = $0.insert(peer) }
          Thread.detachNewThread { self.serve(peer) }
        }
      }
    }
  }

  func stop() {
    isStopped.store(true, ordering: .relaxed)
    for listener in listeners { shutdown(listener, Int32(SHUT_RDWR)) }
    open.withLock { for peer in $0 { shutdown(peer, Int32(SHUT_RDWR)) } }
  }

  /// From now on nobody gets a connection, nor hears why: what comes is dropped, as behind a network
  /// that has gone.
  func dropAll() {
    stop()
    for listener in listeners {
      // A socket that was shut down still has its port, and listens again where it is told to.
      Glibc.listen(listener, 0)
      var address = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          getsockname(listener, address, &length)
          // Those that wait to be accepted take up all the room there is.
          for _ in 0..<4 {
            let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
            connect(socket(Int32(address.pointee.sa_family), type, 0), address, length)
          }
        }
      }
    }
  }

  // MARK: Sockets

  /// Both families at one port: `localhost` may lead to either.
  private static func listen() throws -> ([Int32], Int) {
    for _ in 0..<100 {
      let four = socket(AF_INET, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      var length = socklen_t(MemoryLayout<sockaddr_in>.size)
      let isBound = withUnsafeMutablePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          bind(four, address, length) == 0 && Glibc.listen(four, 512) == 0
            && getsockname(four, address, &length) == 0
        }
      }
      guard isBound else { throw Trouble("no port to be hostile at") }
      let six = socket(AF_INET6, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      var other = sockaddr_in6()
      other.sin6_family = sa_family_t(AF_INET6)
      other.sin6_addr = in6addr_loopback
      other.sin6_port = address.sin_port
      var only: Int32 = 1
      setsockopt(six, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &only, 4)
      let size = socklen_t(MemoryLayout<sockaddr_in6>.size)
      let isBoth = withUnsafePointer(to: &other) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          bind(six, address, size) == 0 && Glibc.listen(six, 512) == 0
        }
      }
      let port = Int(UInt16(bigEndian: address.sin_port))
      if isBoth { return ([four, six], port) }
      Glibc.close(six)
      // A machine without IPv6 has no other address that the port could be reached at.
      if errno == EAFNOSUPPORT || errno == EADDRNOTAVAIL { return ([four], port) }
      Glibc.close(four)
    }
    throw Trouble("no port is free in both families")
  }

  private static func accept(_ listener: Int32) -> Int32? {
    while true {
      let peer = Glibc.accept(listener, nil, nil)
      if peer >= 0 {
        _ = fcntl(peer, F_SETFD, FD_CLOEXEC)
        return peer
      }
      guard errno == EINTR || errno == ECONNABORTED else { return nil }
    }
  }

  // MARK: One connection

  private func serve(_ peer: Int32) {
    defer {
      open.withLock { _ = $0.remove(peer) }
      Glibc.close(peer)
    }
    if let greeting {
      // Not before something has come: what is closed unread is reset.
      var hello = [UInt8](repeating: 0, count: 4096)
      guard recv(peer, &hello, hello.count, 0) > 0 else { return }
      _ = greeting.allSatisfy { Self.take($0, peer) }
      return
    }
    var buffer: [UInt8] = []
    while let request = Self.request(peer, &buffer) {
      guard respond(request).allSatisfy({ Self.take($0, peer) }) else { return }
    }
  }

  /// Takes one step; whether there is a connection after it.
  private static func take(_ step: RawStep, _ peer: Int32) -> Bool {
    switch step {
    case .send(let bytes):
      return write(peer, bytes)
    case .flood(let bytes, let times):
      return (0..<times).allSatisfy { _ in write(peer, bytes) }
    case .drip(let bytes):
      return bytes.allSatisfy { write(peer, [$0]) && !isGone(peer, within: 200) }
    case .silence:
      while !isGone(peer, within: 60_000) {}
      return false
    case .close:
      return false
    case .reset:
      var now = linger(l_onoff: 1, l_linger: 0)
      setsockopt(peer, SOL_SOCKET, SO_LINGER, &now, socklen_t(MemoryLayout<linger>.size))
      return false
    }
  }

  /// The next request, head and body; `nil` where there is none any more.
  private static func request(_ peer: Int32, _ buffer: inout [UInt8]) -> RawRequest? {
    while true {
      if let request = RawRequest(from: &buffer) { return request }
      var chunk = [UInt8](repeating: 0, count: 65536)
      let count = recv(peer, &chunk, chunk.count, 0)
      guard count > 0 else { return nil }
      buffer += chunk[..<count]
    }
  }

  private static func write(_ peer: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { pointer in
        send(
          peer, pointer.baseAddress.map { $0 + sent }, bytes.count - sent,
          Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Whether the other side hangs up within so many milliseconds.
  private static func isGone(_ peer: Int32, within milliseconds: Int32) -> Bool {
    var entry = pollfd(fd: peer, events: Int16(POLLIN) | peerIsDone, revents: 0)
    guard poll(&entry, 1, milliseconds) > 0 else { return false }
    return entry.revents & (Int16(POLLHUP | POLLERR) | peerIsDone) != 0
  }
}
