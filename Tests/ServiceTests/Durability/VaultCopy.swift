// What is in a vault, read from a copy of it while the broker that holds it is idle.

import Foundation
import Secrets
import TokenVault

/// The fields of a vault's session records.
enum VaultCopy {
  // Tags of a session's record.
  static let refreshToken: UInt8 = 4
  static let proofKey: UInt8 = 40

  /// By profile, the fields of the session's record by their tags.
  static func read(
    _ state: String, into copy: String, key source: KeySource
  ) async throws -> [String: [UInt8: [UInt8]]] {
    try FileManager.default.copyItem(atPath: state, toPath: copy)
    defer { try? FileManager.default.removeItem(atPath: copy) }
    chmod(copy, 0o700)
    let key = try source.read(credentialsDirectory: nil)
    let (vault, loaded) = try await Vault.open(directory: copy, key: key)
    await vault.close()
    return Dictionary(
      uniqueKeysWithValues: loaded.records.filter { $0.0.kind == "session" }
        .map { ($0.0.profile, fields($0.1.exposedBytes())) })
  }

  private static func fields(_ bytes: [UInt8]) -> [UInt8: [UInt8]] {
    var fields: [UInt8: [UInt8]] = [:]
    var rest = bytes[...]
    while rest.count >= 5, let tag = rest.first {
      let count = rest.dropFirst().prefix(4).reduce(0) { $0 << 8 | Int($1) }
      fields[tag] = Array(rest.dropFirst(5).prefix(count))
      rest = rest.dropFirst(5 + count)
    }
    return fields
  }
}
