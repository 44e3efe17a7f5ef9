import Foundation

/// The names of all members of a JSON value, at any depth, as paths without array indices.
struct MemberNames: Decodable {
  private(set) var names: Set<String> = []

  private struct Key: CodingKey {
    let stringValue: String
    let intValue: Int?
    init(stringValue: String) { (self.stringValue, intValue) = (stringValue, nil) }
    init?(intValue: Int) { nil }
  }

  init(of value: some Encodable) throws {
    self = try JSONDecoder().decode(Self.self, from: JSONEncoder().encode(value))
  }

  init(from decoder: any Decoder) throws {
    if let object = try? decoder.container(keyedBy: Key.self) {
      for key in object.allKeys {
        names.insert(key.stringValue)
        for name in try object.decode(Self.self, forKey: key).names {
          names.insert("\(key.stringValue).\(name)")
        }
      }
    } else if var array = try? decoder.unkeyedContainer() {
      while !array.isAtEnd { names.formUnion(try array.decode(Self.self).names) }
    }
  }
}
