// The header: the one random key that seals all records, itself sealed under the key that is
// configured. So the configured key can change without a record being touched.
//
//   body = key form (2) ‖ count (2) ‖ parameters (count) ‖ sealed data key (24 + 32 + 16)
//
// The form says how the configured key is come by; the parameters are what that takes.
//
//   1  32 bytes as they are, no parameters
//   2  Argon2id of a passphrase: passes (8) ‖ bytes of memory (8) ‖ salt (16)
//
// Any other form is refused by its number.

internal import Secrets

/// The vault's header file.
enum Header {
  static let fileName = "header"
  private static let magic = "REMEDY-V"

  enum Failure: Error, Equatable {
    case damaged
    case newer(version: UInt32)
    case unknownForm(UInt16)
    case wrongKey
    /// The header is of the other form than the key that is given.
    case otherForm
    /// The cost of the passphrase's key is outside of what is accepted.
    case costRefused(PassphraseKey.Cost)
    /// The machine has not the memory that the passphrase's key takes.
    case noMemory(PassphraseKey.Cost)
  }

  /// How the configured key is come by.
  private enum Form: Equatable {
    case bytes
    case passphrase(PassphraseKey.Cost, salt: [UInt8])

    static let bytesNumber: UInt16 = 1
    static let passphraseNumber: UInt16 = 2
    static let passphraseCount = 8 + 8 + PassphraseKey.saltCount

    /// Number, count and parameters, as they stand in the file and in the associated data.
    var encoded: [UInt8] {
      var bytes: [UInt8] = []
      switch self {
      case .bytes:
        bytes.append(bigEndian: Self.bytesNumber)
        bytes.append(bigEndian: UInt16(0))
      case .passphrase(let cost, let salt):
        bytes.append(bigEndian: Self.passphraseNumber)
        bytes.append(bigEndian: UInt16(Self.passphraseCount))
        bytes.append(bigEndian: cost.passes)
        bytes.append(bigEndian: cost.memory)
        bytes += salt
      }
      return bytes
    }

    static func read(_ reader: inout ByteReader) throws(Failure) -> Form {
      guard let number = reader.number(UInt16.self), let count = reader.number(UInt16.self),
        let parameters = reader.bytes(Int(count))
      else { throw .damaged }
      var fields = ByteReader(parameters[...])
      switch number {
      case bytesNumber:
        guard count == 0 else { throw .damaged }
        return .bytes
      case passphraseNumber:
        guard Int(count) == passphraseCount, let passes = fields.number(UInt64.self),
          let memory = fields.number(UInt64.self)
        else { throw .damaged }
        return .passphrase(
          PassphraseKey.Cost(passes: passes, memory: memory), salt: fields.remainder())
      default:
        // Intact, and of a form that came later: not ours to judge.
        throw .unknownForm(number)
      }
    }

    /// The key that seals the data key.
    func outerKey(_ key: VaultKey) throws(Failure) -> Secret {
      switch (self, key) {
      case (.bytes, .bytes(let bytes)):
        guard bytes.count == SealedBox.keyCount else { throw .wrongKey }
        return bytes
      case (.passphrase(let cost, let salt), .passphrase(let passphrase, _)):
        guard cost.isAcceptable else { throw .costRefused(cost) }
        guard let derived = PassphraseKey.derive(passphrase, salt: salt, cost: cost) else {
          throw .noMemory(cost)
        }
        return derived
      case (.bytes, .passphrase), (.passphrase, .bytes):
        throw .otherForm
      }
    }
  }

  /// The header's bytes for a data key under the configured key; a passphrase gets a fresh salt.
  ///
  /// - Throws: `wrongKey` for bytes of another length, `costRefused`, `noMemory`.
  static func seal(_ dataKey: Secret, under key: VaultKey) throws(Failure) -> [UInt8] {
    let form: Form =
      switch key {
      case .bytes: .bytes
      case .passphrase(_, let cost):
        .passphrase(cost, salt: RandomBytes.bytes(PassphraseKey.saltCount))
      }
    let box = SealedBox.seal(
      dataKey, key: try form.outerKey(key), associatedData: associatedData(form))
    return Envelope.wrap(form.encoded + box, magic: magic)
  }

  /// The data key.
  static func open(_ bytes: [UInt8], under key: VaultKey) throws(Failure) -> Secret {
    let body: [UInt8]
    do {
      body = try Envelope.unwrap(bytes, magic: magic)
    } catch .newer(let version) {
      throw .newer(version: version)
    } catch {
      throw .damaged
    }
    var reader = ByteReader(body[...])
    let form = try Form.read(&reader)
    let box = reader.remainder()
    guard box.count == SealedBox.overhead + SealedBox.keyCount else { throw .damaged }
    let outerKey = try form.outerKey(key)
    do {
      return try SealedBox.open(box, key: outerKey, associatedData: associatedData(form))
    } catch {
      throw .wrongKey
    }
  }

  /// Binds the box to its place, its version and the way to its key: a cost or salt that was
  /// changed in the file opens nothing.
  private static func associatedData(_ form: Form) -> [UInt8] {
    var data: [UInt8] = []
    data.append(counted: "remedy vault header")
    data.append(bigEndian: Envelope.version)
    return data + form.encoded
  }
}
