// Reading a file that decides over trust: bounded, regular, and nobody else's to change.

internal import Glibc
internal import Secrets

/// Why a file is not read.
enum FileProblem: Error, Equatable {
  case missing
  case forbidden
  case notRegular
  case tooLarge(limit: Int)
  /// Group or others may do what they must not.
  case loose
  case foreign(owner: UInt32)
  case failed(errno: Int32)

  /// After "the file F …".
  var words: String {
    switch self {
    case .missing: "is not there"
    case .forbidden: "may not be read by this service"
    case .notRegular: "is not a regular file"
    case .tooLarge(let limit): "is larger than \(limit / 1024) KiB"
    case .loose: "is open to others than its owner"
    case .foreign(let owner): "belongs to uid \(owner)"
    case .failed(let code): "cannot be read (errno \(code))"
    }
  }
}

/// An open file, closed when it goes out of scope.
struct GuardedFile: ~Copyable {
  private let descriptor: CInt
  let mode: UInt32
  let owner: UInt32

  /// Opens without waiting for a writer, should it be a pipe, and takes regular files only.
  init(path: String) throws(FileProblem) {
    guard !path.utf8.contains(0) else { throw .missing }
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    guard descriptor >= 0 else { throw Self.problem(errno) }
    var status = stat()
    guard unsafe fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw Self.problem(code)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw .notRegular
    }
    self.descriptor = descriptor
    mode = status.st_mode & 0o7777
    owner = status.st_uid
  }

  deinit { close(descriptor) }

  func bytes(limit: Int) throws(FileProblem) -> [UInt8] {
    var length = 0
    var problem: FileProblem?
    let bytes = unsafe [UInt8](unsafeUninitializedCapacity: limit + 1) { buffer, count in
      do throws(FileProblem) {
        length = try unsafe fill(UnsafeMutableRawBufferPointer(buffer))
      } catch { problem = error }
      count = length
    }
    if let problem { throw problem }
    guard length <= limit else { throw .tooLarge(limit: limit) }
    return bytes
  }

  /// The bytes without one newline at the end, never outside guarded memory.
  func secret(limit: Int) throws(FileProblem) -> Secret {
    var length = 0
    let whole = try Secret(count: limit + 1) { (span) throws(FileProblem) in
      length = try unsafe span.withUnsafeMutableBytes { (buffer) throws(FileProblem) in
        try unsafe fill(buffer)
      }
    }
    guard length <= limit else { throw .tooLarge(limit: limit) }
    return whole.withBytes { bytes in
      let hasNewline = length > 0 && bytes[length - 1] == UInt8(ascii: "\n")
      let count = hasNewline ? length - 1 : length
      return Secret(count: count) { span in
        for index in span.indices { span[index] = bytes[index] }
      }
    }
  }

  /// Reads from the start until the file or the buffer ends.
  @unsafe
  private func fill(_ buffer: UnsafeMutableRawBufferPointer) throws(FileProblem) -> Int {
    var length = 0
    while length < buffer.count {
      let rest = unsafe UnsafeMutableRawBufferPointer(rebasing: buffer[length...])
      let count = unsafe pread(descriptor, rest.baseAddress, rest.count, off_t(length))
      if count < 0 {
        if errno == EINTR { continue }
        throw Self.problem(errno)
      }
      if count == 0 { break }
      length += count
    }
    return length
  }

  private static func problem(_ code: Int32) -> FileProblem {
    switch code {
    case ENOENT, ENOTDIR: .missing
    case EACCES, EPERM: .forbidden
    case ENXIO, EISDIR: .notRegular
    default: .failed(errno: code)
    }
  }
}
