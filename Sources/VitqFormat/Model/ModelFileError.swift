/// What is wrong with a `.vitq` file.
package enum ModelFileError: Error, Equatable {
  case file(FileError)
  case container(SafetensorsError)
  case program(ProgramError)
  /// No safetensors file, but one of a format with a name.
  case otherFormat(FileFormat)
  /// Neither a safetensors file nor one of a format with a name.
  case noFormat
  /// A safetensors file that vitq did not write.
  case notAModel
  case newerVersion(found: Int, supported: Int)
  case missingKey(String)
  case unknownKey(String)
  case invalidValue(key: String, expected: String, found: String)
  case headerDigestMismatch
  /// The list of digests is not one of the tensors of the file.
  case digestListMismatch
  case digestMismatch(tensor: String)
  /// One of the tensors that share a digest is damaged.
  case smallDigestMismatch
  case misaligned(tensor: String, byteOffset: Int)
  case nonzeroPadding(tensor: String)
  case missingTensor(String)
  case wrongTensor(String, expected: String, found: String)
  /// Text that is not UTF-8 if `line` is nil, else a line with more than one tab or control
  /// characters.
  case invalidLabels(line: Int?)
  case labelCountMismatch(classes: Int, labels: Int)
}

extension ModelFileError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .file(let error): error.description
    case .container(let error): error.description
    case .program(let error): error.description
    case .otherFormat(let format):
      "file: not a .vitq model: looks like \(format.rawValue)"
        + ([.hdf5, .onnx].contains(format) ? "; pass it to vitq convert" : "")
    case .noFormat:
      "file: not a .vitq model: expected a header that starts with '{' at byte 8, found none"
    case .notAModel:
      "file: a safetensors file that vitq did not write; pass it to vitq convert"
    case .newerVersion(let found, let supported):
      "file: written by a newer vitq: expected format version \(supported), found \(found)"
    case .missingKey(let key): "header: metadata has no key '\(key)'"
    case .unknownKey(let key): "header: metadata has an unknown key \(key.quoted)"
    case .invalidValue(let key, let expected, let found):
      "header: metadata '\(key)' is invalid: expected \(expected), found \(found.quoted)"
    case .headerDigestMismatch:
      "header: damaged: its SHA-256 digest does not match"
    case .digestListMismatch:
      "header: the list of digests is not one for each large tensor of the file"
    case .digestMismatch(let tensor):
      "tensor \(tensor.quoted): damaged: its SHA-256 digest does not match"
    case .smallDigestMismatch:
      "tensors of at most \(ModelFile.smallByteCount) bytes: damaged: "
        + "their joint SHA-256 digest does not match"
    case .misaligned(let tensor, let byteOffset):
      "tensor \(tensor.quoted): misaligned: "
        + "expected a byte offset divisible by 64, found \(byteOffset)"
    case .nonzeroPadding(let tensor):
      "tensor \(tensor.quoted): padding is not zeros"
    case .missingTensor(let name): "tensor '\(name)': not in the file"
    case .wrongTensor(let name, let expected, let found):
      "tensor \(name.quoted): wrong type or shape: expected \(expected), found \(found)"
    case .invalidLabels(nil): "tensor 'labels': text is not UTF-8"
    case .invalidLabels(let line?):
      "tensor 'labels': line \(line) has control characters or more than one tab"
    case .labelCountMismatch(let classes, let labels):
      "tensor 'labels': wrong number of labels: expected \(classes), one for each class, "
        + "found \(labels)"
    }
  }
}
