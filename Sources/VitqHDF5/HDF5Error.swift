/// What is wrong with an HDF5 file.
///
/// `object` is the path of a group, dataset or attribute inside the file; the root group is `/`.
package enum HDF5Error: Error, Equatable {
  case unreadable(reason: String)
  case notAFile
  case empty
  /// The bytes are not HDF5; `resembles` is what they look like, if that is known.
  case notHDF5(resembles: String?)
  case truncated(expected: Int, found: Int)
  /// Written with features that the linked library does not know.
  case newerFormat(object: String)
  case malformed(object: String, reason: String)
  /// The library itself crashes or hangs on this file.
  case libraryFailure(signal: Int)
  /// A link that could lead out of the file or in circles.
  case linkNotAllowed(object: String, kind: LinkKind)
  /// A group reached a second time, so that walking the file would not end.
  case groupRevisited(object: String)
  case storageOutsideFile(object: String, kind: String)
  case unsupportedFilter(object: String, filter: String)
  case unsupportedElementType(object: String, found: String)
  case unsupportedObject(object: String, kind: String)
  /// A name in the group `object` that is too long, not UTF-8 or holds control characters.
  case invalidName(object: String)
  case duplicateName(String, originals: [String])
  case attributeNotText(String, found: String)
  case limitExceeded(object: String, quantity: String, limit: Int, found: Int)
  /// Elements that would take much more memory than the file holds bytes for them.
  case inflated(object: String, declaredByteCount: Int, storedByteCount: Int)
  /// A dataset that is empty or whose elements were never written.
  case noElements(object: String)

  package enum LinkKind: String, Sendable {
    case soft
    case external
    case userDefined = "user-defined"
  }
}

extension HDF5Error: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let reason): "cannot be read: \(reason)"
    case .notAFile: "not a regular file"
    case .empty: "empty file: expected HDF5, found 0 bytes"
    case .notHDF5(let resembles?): "not an HDF5 file: looks like \(resembles)"
    case .notHDF5(nil): "not an HDF5 file: no HDF5 signature found"
    case .truncated(let expected, let found):
      "truncated HDF5 file: expected \(expected) bytes, found \(found)"
    case .newerFormat(let object):
      "object '\(object)': written in a newer HDF5 format than this library reads. "
        + "re-save it with h5py.File(…, 'w', libver=('earliest', 'v110')) and no compression"
    case .malformed(let object, let reason): "object '\(object)': malformed: \(reason)"
    case .libraryFailure(let signal):
      "malformed HDF5 file: the HDF5 library ends with signal \(signal) on it"
    case .linkNotAllowed(let object, let kind):
      "object '\(object)': link kind refused: expected hard, found \(kind.rawValue). "
        + "re-save the file with the tensor itself in place of the link"
    case .groupRevisited(let object):
      "object '\(object)': this group is linked more than once: expected a tree"
    case .storageOutsideFile(let object, let kind):
      "object '\(object)': \(kind) is refused: expected elements stored in this file"
    case .unsupportedFilter(let object, let filter):
      "object '\(object)': filter not supported: expected none, deflate, shuffle or fletcher32, "
        + "found \(filter). re-save it without compression"
    case .unsupportedElementType(let object, let found):
      "object '\(object)': element type not supported: expected floating point of 2, 4 or 8 "
        + "bytes, found \(found)"
    case .unsupportedObject(let object, let kind):
      "object '\(object)': expected a group or a dataset, found \(kind)"
    case .invalidName(let object):
      "object '\(object)': holds a name that is not supported: expected at most "
        + "\(HDF5Limits.nameByteCount) bytes of UTF-8 without control characters"
    case .duplicateName(let name, let originals):
      "tensor '\(name)': stored more than once: as "
        + originals.map { "'\($0)'" }.joined(separator: " and ")
    case .attributeNotText(let name, let found):
      "attribute '\(name)': expected one string of UTF-8 text, found \(found)"
    case .limitExceeded(let object, let quantity, let limit, let found):
      "object '\(object)': too large: expected at most \(limit) \(quantity), found \(found)"
    case .inflated(let object, let declared, let stored):
      "object '\(object)': refused as a decompression bomb: declares \(declared) bytes of "
        + "elements, stores \(stored)"
    case .noElements(let object): "object '\(object)': has no elements"
    }
  }
}
