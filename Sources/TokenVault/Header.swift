// The header: the one random key that seals all records, itself sealed under the key that is
// configured. So the configured key can change without a record being touched.
//
//   body = key form (2) ‖ count (2) ‖ parameters (count) ‖ sealed data key (24 + 32 + 16)
//
// The form says how the configured key is come by; the parameters are what that takes. Form 1 is a
// key of 32 bytes as it is (file, credential), without parameters. Other forms (a passphrase with
// its cost and salt) have numbers of their own and are refused until they are known.

internal import Secrets

/// The vault's header file.
enum Header {
  static let fileName = "header"
  private static let magic = "REMEDY-V"
  private static let plainKey: UInt16 = 1

  enum Failure: Error, Equatable {
    case damaged
    case newer(version: UInt32)
    case unknownForm(UInt16)
    case wrongKey
  }

  /// The header's bytes for a data key under the configured key.
  static func seal(_ dataKey: Secret, under key: Secret) -> [UInt8] {
    var form: [UInt8] = []
    form.append(bigEndian: plainKey)
    form.append(bigEndian: UInt16(0))
    let box = SealedBox.seal(dataKey, key: key, associatedData: associatedData(form))
    return Envelope.wrap(form + box, magic: magic)
  }

  /// The data key.
  static func open(_ bytes: [UInt8], under key: Secret) throws(Failure) -> Secret {
    let body: [UInt8]
    do {
      body = try Envelope.unwrap(bytes, magic: magic)
    } catch .newer(let version) {
      throw .newer(version: version)
    } catch {
      throw .damaged
    }
    var reader = ByteReader(body[...])
    guard let form = reader.number(UInt16.self), let count = reader.number(UInt16.self),
      reader.bytes(Int(count)) != nil
    else { throw .damaged }
    // Intact, and of a form that came later: not ours to judge.
    guard form == plainKey else { throw .unknownForm(form) }
    let box = reader.remainder()
    guard count == 0, box.count == SealedBox.overhead + SealedBox.keyCount else { throw .damaged }
    let dataKey: Secret
    do {
      dataKey = try SealedBox.open(
        box, key: key, associatedData: associatedData(Array(body.prefix(4))))
    } catch {
      throw .wrongKey
    }
    return dataKey
  }

  /// Binds the box to its place, its version and the way to its key.
  private static func associatedData(_ form: [UInt8]) -> [UInt8] {
    var data: [UInt8] = []
    data.append(counted: "remedy vault header")
    data.append(bigEndian: Envelope.version)
    return data + form
  }
}
