/// What is wrong with a program.
package enum ProgramError: Error, Equatable {
  /// Not the bytes of a program.
  case notAProgram
  case newerVersion(found: Int, supported: Int)
  /// The bytes end within the field.
  case truncated(ProgramPlace)
  case trailingBytes(count: Int)
  /// A value that no version of the format gives a meaning.
  case unknownCode(ProgramPlace, found: Int)
  case invalid(ProgramPlace, expected: String, found: String)
  case missingTensor(ProgramPlace, name: String)
  case wrongTensor(ProgramPlace, name: String, expected: String, found: String)
}

/// Where in a program something is.
package struct ProgramPlace: Equatable, Sendable {
  /// The index of the instruction, or `nil` for what stands before the instructions.
  package var instruction: Int?
  /// The field, such as `weights.inputs` or `buffers[3].rows`.
  package var field: String

  package init(_ field: String, instruction: Int? = nil) {
    self.field = field
    self.instruction = instruction
  }
}

extension ProgramError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAProgram: "program: not the bytes of a program"
    case .newerVersion(let found, let supported):
      "program: written by a newer vitq: expected version \(supported), found \(found)"
    case .truncated(let place): "\(place): the bytes end here"
    case .trailingBytes(let count):
      "program: \(count) bytes behind the last instruction: expected none"
    case .unknownCode(let place, let found): "\(place): unknown code \(found)"
    case .invalid(let place, let expected, let found):
      "\(place): expected \(expected), found \(found)"
    case .missingTensor(let place, let name): "\(place): tensor \(name.quoted) is not in the file"
    case .wrongTensor(let place, let name, let expected, let found):
      "\(place): tensor \(name.quoted): expected \(expected), found \(found)"
    }
  }
}

extension ProgramPlace: CustomStringConvertible {
  package var description: String {
    instruction.map { "program: instruction \($0): \(field)" } ?? "program: \(field)"
  }
}
