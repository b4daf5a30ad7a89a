// How a stage is written in a scenario file: an object whose `stage` names it, with the stage's own
// members beside that: {"stage": "enrol", "required": ["phone_number"]}.

extension SignOnPolicy.Stage: Codable {
  private enum Name: String, Codable {
    case factor, enrol, profile, unlock, password, consent, unknown, end
    case keepMeSignedIn = "keep-me-signed-in"
    case userCode = "user-code"
    case deviceAssurance = "device-assurance"
    case safeMode = "safe-mode"
    case deviceProbe = "device-probe"
    case appleExtension = "apple-extension"
    case promotePasskey = "promote-passkey"
    case identityProofing = "identity-proofing"
  }

  private enum CodingKeys: String, CodingKey {
    case stage, attributes, code, milliseconds, how
    case anotherWay = "another_way"
  }

  /// Reads a stage.
  public init(from decoder: any Decoder) throws {
    let file = try decoder.container(keyedBy: CodingKeys.self)
    switch try file.decode(Name.self, forKey: .stage) {
    case .factor: self = .factor(try SignOnPolicy.Requirement(from: decoder))
    case .enrol: self = .enrol(try SignOnPolicy.Enrolling(from: decoder))
    case .profile:
      self = .profile(try file.decode([ProfileAttribute].self, forKey: .attributes))
    case .unlock: self = .unlock
    case .password: self = .password(try SignOnPolicy.PasswordChange(from: decoder))
    case .consent: self = .consent(try SignOnPolicy.ConsentRequest(from: decoder))
    case .keepMeSignedIn: self = .keepMeSignedIn
    case .userCode: self = .userCode(try file.decode(String.self, forKey: .code))
    case .deviceAssurance: self = .deviceAssurance
    case .safeMode: self = .safeMode(try file.value(.milliseconds, or: [1000, 500]))
    case .deviceProbe: self = .deviceProbe(try DeviceProbe(from: decoder))
    case .appleExtension:
      self = .appleExtension(hasAnotherWay: try file.value(.anotherWay, or: true))
    case .promotePasskey: self = .promotePasskey
    case .unknown: self = .unknown
    case .identityProofing: self = .identityProofing
    case .end: self = .end(try file.decode(SignOnPolicy.Ending.self, forKey: .how))
    }
  }

  /// Writes a stage.
  public func encode(to encoder: any Encoder) throws {
    var file = encoder.container(keyedBy: CodingKeys.self)
    switch self {
    case .factor(let requirement):
      try file.encode(Name.factor, forKey: .stage)
      try requirement.encode(to: encoder)
    case .enrol(let enrolling):
      try file.encode(Name.enrol, forKey: .stage)
      try enrolling.encode(to: encoder)
    case .profile(let attributes):
      try file.encode(Name.profile, forKey: .stage)
      try file.encode(attributes, forKey: .attributes)
    case .unlock:
      try file.encode(Name.unlock, forKey: .stage)
    case .password(let change):
      try file.encode(Name.password, forKey: .stage)
      try change.encode(to: encoder)
    case .consent(let request):
      try file.encode(Name.consent, forKey: .stage)
      try request.encode(to: encoder)
    case .keepMeSignedIn:
      try file.encode(Name.keepMeSignedIn, forKey: .stage)
    case .userCode(let code):
      try file.encode(Name.userCode, forKey: .stage)
      try file.encode(code, forKey: .code)
    case .deviceAssurance:
      try file.encode(Name.deviceAssurance, forKey: .stage)
    case .safeMode(let milliseconds):
      try file.encode(Name.safeMode, forKey: .stage)
      try file.encode(milliseconds, forKey: .milliseconds)
    case .deviceProbe(let probe):
      try file.encode(Name.deviceProbe, forKey: .stage)
      try probe.encode(to: encoder)
    case .appleExtension(let hasAnotherWay):
      try file.encode(Name.appleExtension, forKey: .stage)
      try file.encode(hasAnotherWay, forKey: .anotherWay)
    case .promotePasskey:
      try file.encode(Name.promotePasskey, forKey: .stage)
    case .unknown:
      try file.encode(Name.unknown, forKey: .stage)
    case .identityProofing:
      try file.encode(Name.identityProofing, forKey: .stage)
    case .end(let ending):
      try file.encode(Name.end, forKey: .stage)
      try file.encode(ending, forKey: .how)
    }
  }
}
