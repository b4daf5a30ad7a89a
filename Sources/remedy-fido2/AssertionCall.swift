// A signature under a challenge, asked for and given.

internal import CFido2
internal import Crypto
internal import Secrets
internal import SecurityKeys

/// `fido_assert_t`.
@safe
final class AssertionCall {
  let pointer: OpaquePointer
  private let clientData: [UInt8]

  /// - Parameter party: whom the credential is for; an older registration's address.
  init(
    clientData: [UInt8], party: String, allowed: [[UInt8]]
  ) throws(KeyFault) {
    guard let pointer = unsafe fido_assert_new() else { throw .other(Int(FIDO_ERR_INTERNAL)) }
    unsafe self.pointer = pointer
    self.clientData = clientData
    let hash = Array(SHA256.hash(data: clientData))
    try Self.check(unsafe fido_assert_set_clientdata_hash(pointer, hash, hash.count))
    try Self.check(unsafe fido_assert_set_rp(pointer, party))
    for id in allowed {
      try Self.check(unsafe fido_assert_allow_cred(pointer, id, id.count))
    }
  }

  deinit {
    var pointer: OpaquePointer? = unsafe pointer
    unsafe fido_assert_free(&pointer)
  }

  private static func check(_ status: CInt) throws(KeyFault) {
    guard status == FIDO_OK else { throw KeyFault(status: status) }
  }

  /// - Parameter touches: whether a touch is asked for; without it the key only says whether it could.
  func set(touches: Bool, verifies: Bool) {
    _ = unsafe fido_assert_set_up(pointer, touches ? FIDO_OPT_OMIT : FIDO_OPT_FALSE)
    _ = unsafe fido_assert_set_uv(pointer, verifies ? FIDO_OPT_TRUE : FIDO_OPT_OMIT)
  }

  /// The values of the engine's form, by field; `nil` where the key gave none.
  func fields() -> [(name: String, value: String)]? {
    guard unsafe fido_assert_count(pointer) > 0,
      let data = AuthenticatorOutput.bytes(
        ofByteString: unsafe bytes(
          fido_assert_authdata_ptr(pointer, 0), fido_assert_authdata_len(pointer, 0)))
    else { return nil }
    let signature = unsafe bytes(
      fido_assert_sig_ptr(pointer, 0), fido_assert_sig_len(pointer, 0))
    let user = unsafe bytes(
      fido_assert_user_id_ptr(pointer, 0), fido_assert_user_id_len(pointer, 0))
    return [
      ("clientData", StandardBase64.encode(clientData)),
      ("authenticatorData", StandardBase64.encode(data)),
      ("signatureData", StandardBase64.encode(signature)),
    ] + (user.isEmpty ? [] : [("userHandle", KeyRequest.handle(of: user))])
  }
}

/// The bytes that the library holds.
@unsafe
func bytes(_ start: UnsafePointer<UInt8>?, _ count: Int) -> [UInt8] {
  guard let start = unsafe start else { return [] }
  return unsafe Array(UnsafeBufferPointer(start: start, count: count))
}
