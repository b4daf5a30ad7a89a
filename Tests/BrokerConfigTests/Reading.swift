// What the tests of the configuration share: a text in, the faults' lines or the configuration out.

import BrokerConfig
import Glibc
import TokenBroker

/// The faults as they are printed; empty where the text holds.
func faults(
  _ text: String, mode: Mode = .user, credentials: String? = nil
) -> [String] {
  do {
    _ = try ConfigFile.parse(
      Array(text.utf8), file: "remedy.toml", mode: mode, credentialsDirectory: credentials)
    return []
  } catch {
    return error.all.map(\.description)
  }
}

func configuration(
  _ text: String, mode: Mode = .user, credentials: String? = nil
) throws -> Configuration {
  try ConfigFile.parse(
    Array(text.utf8), file: "remedy.toml", mode: mode, credentialsDirectory: credentials)
}

/// A profile that holds, on lines 1 to 4, and further lines from the fifth on.
func profile(_ lines: String..., issuer: String = "https://acme.okta.com") -> String {
  ([
    "[profile.demo]", "issuer = \"\(issuer)\"", "client_id = \"0oa1\"",
    "redirect_uri = \"http://127.0.0.1:8765/callback\"",
  ] + lines).joined(separator: "\n") + "\n"
}

/// A folder of its own, gone at the end.
final class Folder {
  let path: String

  init() throws {
    var template = Array("/tmp/remedy-config-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Failure() }
    path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  struct Failure: Error {}

  deinit {
    guard let folder = opendir(path) else { return }
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { unlink("\(path)/\(name)") }
    }
    closedir(folder)
    rmdir(path)
  }

  /// The path of a file with that text and exactly that mode.
  @discardableResult
  func file(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
    let path = "\(self.path)/\(name)"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    let bytes = Array(text.utf8)
    guard descriptor >= 0, write(descriptor, bytes, bytes.count) == bytes.count,
      fchmod(descriptor, mode) == 0, close(descriptor) == 0
    else { throw Failure() }
    return path
  }
}
