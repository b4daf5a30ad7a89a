// A broker that says what a script tells it to: it listens, takes requests apart and sends lines. It
// decides nothing.

import Glibc
import JSON
import TestSupport

/// One request that came.
struct FakeRequest {
  var connection: CInt
  var id: JSONValue
  var method: String
  var params: JSONValue
}

/// A listening socket and its connections, in one thread, without blocking.
final class FakeBroker {
  let path: String
  let folder: String
  private let listener: CInt
  private var buffers: [CInt: [UInt8]] = [:]
  /// Requests that no script line has taken yet.
  private(set) var untaken: [FakeRequest] = []
  /// Requests that were taken and not answered yet.
  private var unanswered: [FakeRequest] = []

  init() throws {
    var template = Array("/tmp/remedy-command-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Trouble("no temporary folder: errno \(errno)") }
    folder = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    path = folder + "/broker.sock"
    let kind =
      CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue) | CInt(SOCK_NONBLOCK.rawValue)
    listener = socket(AF_UNIX, kind, 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let bound = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard bound == 0, listen(listener, 16) == 0 else { throw Trouble("no socket: errno \(errno)") }
  }

  deinit {
    for descriptor in buffers.keys { close(descriptor) }
    close(listener)
    unlink(path)
    rmdir(folder)
  }

  var descriptors: [CInt] { [listener] + buffers.keys }

  /// How many clients are connected.
  var connections: Int { buffers.count }

  /// Takes connections and requests that are there.
  func work() throws {
    while true {
      let connection = accept(listener, nil, nil)
      guard connection >= 0 else { break }
      _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
      _ = fcntl(connection, F_SETFL, O_NONBLOCK)
      buffers[connection] = []
    }
    for connection in buffers.keys { try read(connection) }
  }

  private func read(_ connection: CInt) throws {
    var chunk = [UInt8](repeating: 0, count: 4096)
    while true {
      let count = Glibc.read(connection, &chunk, chunk.count)
      if count > 0 {
        buffers[connection, default: []] += chunk[..<count]
      } else {
        if count == 0 {
          close(connection)
          buffers[connection] = nil
        }
        break
      }
    }
    while var buffer = buffers[connection], let end = buffer.firstIndex(of: 0x0A) {
      let line = Array(buffer[..<end])
      buffer.removeFirst(end + 1)
      buffers[connection] = buffer
      let json = try JSONParser.parse(line, rules: .strict)
      untaken.append(
        FakeRequest(
          connection: connection, id: json["id"] ?? .null, method: json["method"]?.string ?? "",
          params: json["params"] ?? [:]))
    }
  }

  /// The oldest request of that method that no line has taken yet.
  func take(_ method: String) -> FakeRequest? {
    guard let index = untaken.firstIndex(where: { $0.method == method }) else { return nil }
    let request = untaken.remove(at: index)
    unanswered.append(request)
    return request
  }

  /// Answers the oldest unanswered request of that method, with `result` or `error`.
  func answer(_ method: String, _ member: String, _ value: JSONValue) throws {
    guard let index = unanswered.firstIndex(where: { $0.method == method }) else {
      throw Trouble("nobody waits for an answer to \(method)")
    }
    let request = unanswered.remove(at: index)
    try send(["jsonrpc": "2.0", "id": request.id, .init(member): value], to: request.connection)
  }

  /// Sends a notification to everybody.
  func notify(_ method: String, _ params: JSONValue) throws {
    for connection in buffers.keys {
      try send(["jsonrpc": "2.0", "method": .string(method), "params": params], to: connection)
    }
  }

  /// Hangs up on everybody.
  func hangUp() {
    for connection in buffers.keys { close(connection) }
    buffers = [:]
  }

  private func send(_ members: KeyValuePairs<String, JSONValue>, to connection: CInt) throws {
    let object = JSONObject(members.map { JSONObject.Member($0.key, $0.value) })
    let line = JSONWriter.bytes(.object(object)) + [0x0A]
    guard Glibc.send(connection, line, line.count, CInt(MSG_NOSIGNAL)) == line.count else {
      throw Trouble("the command does not take a line: errno \(errno)")
    }
  }
}
