// A new credential, asked for and made.

internal import CFido2
internal import Crypto
internal import SecurityKeys

/// `fido_cred_t`.
@safe
final class CreationCall {
  let pointer: OpaquePointer
  private let clientData: [UInt8]
  private let wantsAttestation: Bool

  /// - Parameter keeps: whether the key itself keeps the credential.
  init(
    clientData: [UInt8], party: String, _ creation: KeyRequest.Creation, algorithm: Int,
    keeps: Bool
  ) throws(KeyFault) {
    guard let pointer = unsafe fido_cred_new() else { throw .other(Int(FIDO_ERR_INTERNAL)) }
    unsafe self.pointer = pointer
    self.clientData = clientData
    wantsAttestation = creation.wantsAttestation
    let hash = Array(SHA256.hash(data: clientData))
    try Self.check(unsafe fido_cred_set_clientdata_hash(pointer, hash, hash.count))
    try Self.check(unsafe fido_cred_set_type(pointer, CInt(truncatingIfNeeded: algorithm)))
    try Self.check(unsafe fido_cred_set_rp(pointer, party, creation.partyName))
    try Self.check(
      unsafe fido_cred_set_user(
        pointer, creation.user, creation.user.count, creation.userName, creation.displayName, nil))
    for id in creation.excluded {
      try Self.check(unsafe fido_cred_exclude(pointer, id, id.count))
    }
    if keeps { try Self.check(unsafe fido_cred_set_rk(pointer, FIDO_OPT_TRUE)) }
  }

  deinit {
    var pointer: OpaquePointer? = unsafe pointer
    unsafe fido_cred_free(&pointer)
  }

  private static func check(_ status: CInt) throws(KeyFault) {
    guard status == FIDO_OK else { throw KeyFault(status: status) }
  }

  func set(verifies: Bool) {
    _ = unsafe fido_cred_set_uv(pointer, verifies ? FIDO_OPT_TRUE : FIDO_OPT_OMIT)
  }

  /// The values of the engine's form, by field; `nil` where the key made none.
  func fields() -> [(name: String, value: String)]? {
    guard
      let data = AuthenticatorOutput.bytes(
        ofByteString: unsafe bytes(fido_cred_authdata_ptr(pointer), fido_cred_authdata_len(pointer))
      )
    else { return nil }
    let object: [UInt8]
    let statement = unsafe bytes(fido_cred_attstmt_ptr(pointer), fido_cred_attstmt_len(pointer))
    if wantsAttestation, !statement.isEmpty, let format = unsafe fido_cred_fmt(pointer) {
      object = AuthenticatorOutput.attestation(
        format: unsafe String(cString: format), statement: statement, data: data)
    } else {
      object = AuthenticatorOutput.anonymousAttestation(data: data)
    }
    return [
      ("clientData", StandardBase64.encode(clientData)),
      ("attestation", StandardBase64.encode(object)),
    ]
  }
}
