// A server on a socket of its own, and a caller that speaks bytes.

import Glibc
import JSON
import JSONRPC
import NIOCore
import NIOPosix
import Testing

@testable import LocalSocket

/// A folder that is removed with everything in it.
final class TemporaryFolder {
  let path: String

  init() throws {
    var template = Array("/tmp/remedy-socket-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    Self.remove(path)
  }

  private static func remove(_ path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return }
    if status.st_mode & S_IFMT == S_IFDIR, let folder = opendir(path) {
      while let entry = readdir(folder) {
        let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
          String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
        }
        if name != ".", name != ".." { remove(path + "/" + name) }
      }
      closedir(folder)
      rmdir(path)
    } else {
      unlink(path)
    }
  }
}

/// Runs `body` against a server, and waits until the server has ended.
func withServer(
  _ service: EchoService = EchoService(), limits: ConnectionLimits = ConnectionLimits(),
  places: ConnectionPlaces = .ours,
  readPeer: @escaping @Sendable (CInt) -> PeerCredentials? = { PeerCredentials.read(from: $0) },
  mode: UInt32 = 0o600,
  _ body: (_ path: String, _ service: EchoService) async throws -> Void
) async throws {
  let folder = try TemporaryFolder()
  if mode & 0o077 != 0 { chmod(folder.path, 0o755) }
  let path = folder.path + "/broker.sock"
  let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let server = SocketServer(
    service: service, eventLoop: group.next(), limits: limits, places: places, readPeer: readPeer)
  try await server.bind(path: path, mode: mode)
  let outcome: Result<Void, any Error>
  do {
    outcome = .success(try await body(path, service))
  } catch {
    outcome = .failure(error)
  }
  server.shutdown()
  await server.run()
  #expect(access(path, F_OK) != 0, "the socket is removed at the end")
  try await group.shutdownGracefully()
  try outcome.get()
}

/// How many descriptors this process has open, of those whose kind has `word` in its name. Other
/// tests open and close a few hundred meanwhile.
func openDescriptors(_ word: String = "") -> Int {
  (0..<4096).count { number in
    var link = [CChar](repeating: 0, count: 256)
    let count = readlink("/proc/self/fd/\(number)", &link, link.count)
    guard count > 0 else { return false }
    return word.isEmpty
      || String(decoding: link.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        .contains(word)
  }
}

/// A caller with a blocking socket. Nothing it waits for takes longer than ten seconds.
final class Caller {
  private let descriptor: CInt
  private var buffer: [UInt8] = []

  init(_ path: String, receiveBuffer: CInt? = nil) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    try #require(descriptor >= 0)
    var patience = timeval(tv_sec: 10, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    try #require(status == 0, "connect: errno \(errno)")
  }

  deinit { Glibc.close(descriptor) }

  /// - Returns: whether all of it was taken.
  @discardableResult
  func send(_ bytes: [UInt8]) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard sent > 0 else { return false }
      rest = rest.dropFirst(sent)
    }
    return true
  }

  @discardableResult
  func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  func request(_ method: String, id: Int = 1, _ params: JSONObject = [:]) {
    let request: JSONValue = [
      "jsonrpc": "2.0", "id": .int(id), "method": .string(method), "params": .object(params),
    ]
    send(JSONWriter.text(request) + "\n")
  }

  func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// More bytes; none at the end of the stream.
  private func more() throws -> Int {
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    if count < 0, errno == ECONNRESET { return 0 }
    try #require(count >= 0, "nothing came: errno \(errno)")
    buffer += chunk.prefix(count)
    return count
  }

  /// The next line as JSON; `nil` at the end of the stream.
  func answer() throws -> JSONValue? {
    var searched = 0
    while true {
      if let end = buffer[searched...].firstIndex(of: UInt8(ascii: "\n")) {
        let line = Array(buffer[..<end])
        buffer.removeFirst(end + 1)
        return try JSONParser.parse(line)
      }
      searched = buffer.count
      if try more() == 0 {
        try #require(buffer.isEmpty, "half a line at the end")
        return nil
      }
    }
  }

  /// Asks, and hopes for the plain answer: the connection is usable.
  func isUsable() throws -> Bool {
    request("echo", id: 99, ["still": "there"])
    return try answer() == ["jsonrpc": "2.0", "id": 99, "result": ["still": "there"]]
  }
}
