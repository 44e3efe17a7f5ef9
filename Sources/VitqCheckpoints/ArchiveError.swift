/// Why an archive does not give a tensor.
package enum ArchiveError: Error, Equatable {
  case noSuchTensor(String)
  /// Two names of the file are the same once prefixes are removed.
  case duplicateName(String, originals: [String])
  case unsupportedElementType(tensor: String, found: String)
  /// An element that is NaN or infinite, or a 64-bit one beyond the range of FP32.
  case nonFinite(tensor: String, index: Int, value: Float)
  /// The library or the file system failed while the elements were read.
  case unreadable(tensor: String, reason: String)
}

extension ArchiveError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noSuchTensor(let name):
      "tensor '\(name)': not in the file"
    case .duplicateName(let name, let originals):
      "tensor '\(name)': stored more than once: as "
        + originals.map { "'\($0)'" }.joined(separator: " and ")
    case .unsupportedElementType(let tensor, let found):
      "tensor '\(tensor)': cannot be read as weights: expected F32, F16, BF16 or F64, "
        + "found \(found)"
    case .nonFinite(let tensor, let index, let value):
      "tensor '\(tensor)': element \(index) is not a finite number: found \(value)"
    case .unreadable(let tensor, let reason):
      "tensor '\(tensor)': cannot be read: \(reason)"
    }
  }
}
