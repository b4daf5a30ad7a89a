// One credential from a folder of them.

import Glibc
import Testing

@testable import Systemd

@Suite("Credentials")
final class CredentialsTests {
  private let folder: String

  init() throws {
    var template = Array("/tmp/remedy-credentials-XXXXXX".utf8CString)
    try #require(mkdtemp(&template) != nil)
    folder = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  deinit {
    for name in ["secret", "link", "folder"] where unlink("\(folder)/\(name)") != 0 {
      rmdir("\(folder)/\(name)")
    }
    rmdir(folder)
  }

  private func put(_ bytes: [UInt8]) throws {
    let file = try #require(fopen("\(folder)/secret", "w"))
    #expect(fwrite(bytes, 1, bytes.count, file) == bytes.count)
    #expect(fclose(file) == 0)
  }

  private func read(_ name: String = "secret") throws(Credentials.Failure) -> [UInt8] {
    try Credentials.withBytes(of: name, in: folder) { bytes in
      bytes.indices.map { bytes[$0] }
    }
  }

  @Test("a credential is its bytes, whatever they are", arguments: [0, 1, 4096, 1 << 20])
  func bytes(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    try put(bytes)
    #expect(try read() == bytes)
  }

  @Test("one larger than all may be together is refused")
  func tooLarge() throws {
    try put([])
    #expect(truncate("\(folder)/secret", 1 << 20 + 1) == 0)
    #expect(throws: Credentials.Failure.tooLarge(path: "\(folder)/secret")) { try read() }
  }

  @Test(
    "what is not there, or is outside the folder, is missing",
    arguments: ["other", "", ".", "..", "../secret", "a/b"])
  func missing(name: String) {
    #expect(throws: Credentials.Failure.missing(name: name)) { try read(name) }
    #expect(throws: Credentials.Failure.missing(name: name)) {
      try Credentials.withBytes(of: name, in: nil) { _ in }
    }
  }

  @Test("a link or a folder is not read")
  func otherKinds() {
    #expect(symlink("/etc/passwd", "\(folder)/link") == 0)
    #expect(mkdir("\(folder)/folder", 0o700) == 0)
    #expect(throws: Credentials.Failure.unreadable(path: "\(folder)/link", errno: ELOOP)) {
      try read("link")
    }
    #expect(throws: Credentials.Failure.unreadable(path: "\(folder)/folder", errno: EINVAL)) {
      try read("folder")
    }
  }
}
