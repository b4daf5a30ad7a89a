// A wire between the broker and its issuer, which keeps all that passes: so a test learns the handles,
// codes and tokens of a run, which neither end would tell it.

import Foundation
import RemedyClient
import Synchronization
import TestSupport

/// Listens on 127.0.0.1 and passes everything on to 127.0.0.2, the same port. Ends with this value.
final class Recorder: Sendable {
  private let listener: Int32
  private let port: UInt16
  private let recorded = Mutex<[Int: Data]>([:])
  private let open = Mutex<[Int32]>([])

  /// - Parameter port: where the issuer listens, on 127.0.0.2.
  init(port: UInt16) throws {
    self.port = port
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    var yes: Int32 = 1
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
    let status = Self.with(address: 0x7F00_0001, port) { bind(self.listener, $0, $1) }
    guard status == 0, listen(listener, 64) == 0 else { throw Trouble("port \(port) is taken") }
    let thread = Thread { [weak self, listener] in
      var number = 0
      while true {
        let client = accept(listener, nil, nil)
        guard client >= 0, let self else { return }
        self.serve(client, number)
        number += 2
      }
    }
    thread.start()
  }

  deinit {
    shutdown(listener, Int32(SHUT_RDWR))
    close(listener)
    open.withLock { for descriptor in $0 { shutdown(descriptor, Int32(SHUT_RDWR)) } }
  }

  /// Each direction of each connection, as text.
  var texts: [String] {
    recorded.withLock { recorded in
      recorded.sorted { $0.key < $1.key }.map { String(decoding: $0.value, as: UTF8.self) }
    }
  }

  /// Every value that the expression's group has somewhere.
  func values(_ pattern: String) throws -> Set<String> {
    let expression = try NSRegularExpression(pattern: pattern)
    var values: Set<String> = []
    for text in texts {
      let all = NSRange(text.startIndex..., in: text)
      for match in expression.matches(in: text, range: all) {
        guard let range = Range(match.range(at: 1), in: text) else { continue }
        values.insert(String(text[range]))
      }
    }
    return values
  }

  private func serve(_ client: Int32, _ number: Int) {
    let issuer = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard Self.with(address: 0x7F00_0002, port, { connect(issuer, $0, $1) }) == 0 else {
      close(client)
      return
    }
    open.withLock { $0 += [client, issuer] }
    pump(from: client, to: issuer, number)
    pump(from: issuer, to: client, number + 1)
  }

  private func pump(from source: Int32, to sink: Int32, _ number: Int) {
    Thread { [weak self] in
      var buffer = [UInt8](repeating: 0, count: 65536)
      while true {
        let count = read(source, &buffer, buffer.count)
        guard count > 0, let self else { break }
        self.recorded.withLock { $0[number, default: Data()].append(contentsOf: buffer[..<count]) }
        var sent = 0
        while sent < count {
          let written = buffer[sent..<count].withUnsafeBytes {
            send(sink, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
          }
          guard written > 0 else { break }
          sent += written
        }
      }
      // The descriptors are left to the end of the process: the other direction may be in one still.
      shutdown(sink, Int32(SHUT_WR))
    }.start()
  }

  private static func with(
    address: UInt32, _ port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    var place = sockaddr_in()
    place.sin_family = sa_family_t(AF_INET)
    place.sin_port = port.bigEndian
    place.sin_addr.s_addr = address.bigEndian
    return withUnsafePointer(to: &place) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
  }
}
