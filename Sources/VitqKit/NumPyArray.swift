import VitqFormat

/// An array in the format of NumPy: `<f4`, C order (NEP 1, version 1.0).
struct NumPyArray {
  let shape: [Int]
  let elements: [Float]

  /// Writes the array; the path holds the whole file or what it held before.
  func write(to path: String) throws(KitError) {
    let extents = shape.map { "\($0), " }.joined()
    let facts = "{'descr': '<f4', 'fortran_order': False, 'shape': (\(extents)), }"
    let padding = String(repeating: " ", count: 63 - (10 + facts.utf8.count) % 64)
    let header = Array((facts + padding + "\n").utf8)
    var bytes: [UInt8] = [0x93] + Array("NUMPY".utf8) + [1, 0]
    bytes += [UInt8(header.count & 0xFF), UInt8(header.count >> 8)] + header
    bytes.append(littleEndian: elements)
    try KitFile.write(bytes, to: path)
  }
}
