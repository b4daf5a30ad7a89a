// The other end, played by a script: one listening socket in a folder of its own, one connection,
// one thread. No NIO and no broker, so that the client meets what a broker would never do.

import Glibc

/// A thread that can be waited for.
final class Thread: @unchecked Sendable {
  private var handle = pthread_t()
  private let body: @Sendable () -> Void

  init(_ body: @escaping @Sendable () -> Void) {
    self.body = body
    pthread_create(
      &handle, nil,
      { context in
        guard let context else { return nil }
        Unmanaged<Thread>.fromOpaque(context).takeRetainedValue().body()
        return nil
      }, Unmanaged.passRetained(self).toOpaque())
  }

  func join() {
    pthread_join(handle, nil)
  }
}

/// The broker's end of a connection.
struct Peer: Sendable {
  let descriptor: CInt

  /// The next line, without its LF; what there is, at the end.
  func readLine() -> String {
    var bytes: [UInt8] = []
    var byte: UInt8 = 0
    while read(descriptor, &byte, 1) == 1, byte != UInt8(ascii: "\n") { bytes.append(byte) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// How many bytes come until the other end hangs up.
  func countToEnd() -> Int {
    var total = 0
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(descriptor, &chunk, chunk.count)
      if count <= 0 { return total }
      total += count
    }
  }

  /// Sends the text; where the other end has hung up, nothing.
  func send(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
  }
}

/// A socket that is served by a script, once.
final class ScriptedBroker: @unchecked Sendable {
  let folder: String
  let path: String
  private let listener: CInt
  private var thread: Thread?

  /// - Parameter uid: as whom to listen; needs root.
  init(asUID uid: Int? = nil, _ script: @escaping @Sendable (Peer) -> Void) {
    let folder = Self.makeFolder()
    self.folder = folder
    path = folder + "/s"
    let listener = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    self.listener = listener
    var address = Self.address(path)
    let status = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(listener, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    precondition(status == 0, "bind: \(errno)")
    if let uid { ThreadIdentity.set(effectiveUID: uid) }
    listen(listener, 8)
    if uid != nil { ThreadIdentity.set(effectiveUID: 0) }
    thread = Thread {
      let descriptor = accept(listener, nil, nil)
      script(Peer(descriptor: descriptor))
      close(descriptor)
    }
  }

  /// Waits for the script to end.
  func join() {
    thread?.join()
    thread = nil
  }

  deinit {
    join()
    close(listener)
    unlink(path)
    rmdir(folder)
  }

  static func makeFolder() -> String {
    var template = Array("/tmp/remedy-client-XXXXXX".utf8CString)
    return mkdtemp(&template).map { String(cString: $0) } ?? "/tmp"
  }

  static func address(_ path: String) -> sockaddr_un {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return address
  }
}

/// The kernel's idea of who this thread is. The C library would change the whole process, and with
/// it every test that runs beside.
enum ThreadIdentity {
  #if arch(x86_64)
    private static let setresuid = 117
  #else
    private static let setresuid = 147
  #endif

  static func set(effectiveUID uid: Int) {
    typealias SystemCall = @convention(c) (Int, Int, Int, Int) -> Int
    let symbol = dlsym(nil, "syscall")
    let call = unsafeBitCast(symbol, to: SystemCall.self)
    let status = call(setresuid, -1, uid, -1)
    precondition(status == 0, "setresuid: \(errno)")
  }
}

/// A pipe that closes itself.
final class Pipe: @unchecked Sendable {
  let reader: CInt
  private(set) var writer: CInt

  init() {
    var ends: [CInt] = [-1, -1]
    pipe(&ends)
    (reader, writer) = (ends[0], ends[1])
  }

  func closeWriter() {
    if writer >= 0 { close(writer) }
    writer = -1
  }

  /// What was written, up to now.
  func text() -> String {
    closeWriter()
    var bytes: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 65536)
    while true {
      let count = read(reader, &chunk, chunk.count)
      if count <= 0 { return String(decoding: bytes, as: UTF8.self) }
      bytes += chunk.prefix(count)
    }
  }

  deinit {
    closeWriter()
    close(reader)
  }
}
