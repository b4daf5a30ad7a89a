// One sealed record, as bytes, and the file name that says whose it is.
//
//   body = generation (8) ‖ nonce (24) ‖ ciphertext ‖ tag (16)
//
// The name lies in the file's name and in the associated data, and nowhere else: a record that is
// put in another's place does not open.

internal import Secrets

/// What a record's file holds.
enum Record {
  private static let magic = "REMEDY-R"
  /// How the name of every record's file ends.
  static let suffix = ".record"
  /// Bytes of a file beyond its payload.
  static let overhead = Envelope.overhead + 8 + SealedBox.overhead
  /// What no generation reaches by being counted up: one that says so was not written by a vault, and
  /// is damaged, before the next write would count beyond what 64 bits hold.
  static let endOfGenerations: UInt64 = 1 << 63

  enum Failure: Error, Equatable {
    case damaged
    case newer(version: UInt32)
  }

  struct Opened {
    var generation: UInt64
    var payload: Secret
  }

  static func seal(
    _ payload: Secret, key: Secret, name: Vault.Name, generation: UInt64
  ) -> [UInt8] {
    var body: [UInt8] = []
    body.append(bigEndian: generation)
    body += SealedBox.seal(
      payload, key: key, associatedData: associatedData(name, generation: generation))
    return Envelope.wrap(body, magic: magic)
  }

  static func open(_ bytes: [UInt8], key: Secret, name: Vault.Name) throws(Failure) -> Opened {
    do {
      var reader = ByteReader(try Envelope.unwrap(bytes, magic: magic)[...])
      guard let generation = reader.number(UInt64.self), generation < endOfGenerations else {
        throw Failure.damaged
      }
      let payload = try SealedBox.open(
        reader.remainder(), key: key, associatedData: associatedData(name, generation: generation))
      return Opened(generation: generation, payload: payload)
    } catch Envelope.Failure.newer(let version) {
      throw .newer(version: version)
    } catch {
      throw .damaged
    }
  }

  private static func associatedData(_ name: Vault.Name, generation: UInt64) -> [UInt8] {
    var data: [UInt8] = []
    data.append(counted: "remedy vault record")
    data.append(bigEndian: Envelope.version)
    data.append(counted: name.kind)
    data.append(counted: name.profile)
    data.append(counted: name.owner)
    data.append(bigEndian: generation)
    return data
  }
}

extension Vault.Name {
  /// `KIND.OWNER.PROFILE.record`. A byte that is not a letter, digit, `-` or `_` (nor, in the
  /// profile, `.`) is written `%XX`, so that every name is one file in the folder and no other.
  var fileName: String {
    "\(Self.escape(kind)).\(Self.escape(owner)).\(Self.escape(profile, alsoDots: true))"
      + Record.suffix
  }

  /// The name that a file has, if it is one that `fileName` gives.
  init?(fileName: String) {
    guard fileName.hasSuffix(Record.suffix) else { return nil }
    let parts = fileName.dropLast(Record.suffix.count)
      .split(separator: ".", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let kind = Self.unescape(parts[0]),
      let owner = Self.unescape(parts[1]), let profile = Self.unescape(parts[2])
    else { return nil }
    self.init(kind: kind, profile: profile, owner: owner)
    // Two spellings of one name would be two records of one session.
    guard self.fileName == fileName else { return nil }
  }

  private static func escape(_ text: String, alsoDots dots: Bool = false) -> String {
    // As almost all are: a start reads many names.
    if text.utf8.allSatisfy({ isPlain($0, alsoDots: dots) }) { return text }
    var escaped = ""
    for byte in text.utf8 {
      if isPlain(byte, alsoDots: dots) {
        escaped.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        let digits = String(byte, radix: 16, uppercase: true)
        escaped += digits.count == 1 ? "%0\(digits)" : "%\(digits)"
      }
    }
    return escaped
  }

  private static func isPlain(_ byte: UInt8, alsoDots dots: Bool) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
      true
    default: dots && byte == UInt8(ascii: ".")
    }
  }

  private static func unescape(_ text: Substring) -> String? {
    guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let value = UInt8(String(Substring(rest.prefix(2))), radix: 16) else { return nil }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return String(validating: bytes, as: UTF8.self)
  }
}
