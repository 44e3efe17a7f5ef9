import CVitqHDF5
import VitqTensor

/// A dataset that is safe to read: plain numbers, stored in this file, of a bounded size.
struct HDF5Dataset: Sendable, Equatable {
  /// What the elements are.
  enum ElementType: Sendable, Equatable {
    case float(byteCount: Int)
    case integer(byteCount: Int)

    var byteCount: Int {
      switch self {
      case .float(let count), .integer(let count): count
      }
    }
  }

  /// The path in the file, without a leading slash.
  let path: String
  let shape: Shape
  let elementType: ElementType
  let storedByteCount: Int

  /// The memory that the elements take in the type they are stored in.
  var declaredByteCount: Int { shape.elementCount * elementType.byteCount }
}

extension HDF5Dataset {
  /// Describes an open dataset after checking everything that reading it depends on.
  ///
  /// - Parameters:
  ///   - dataset: The dataset.
  ///   - path: Its path, for errors.
  ///   - fileByteCount: The size of the file, which bounds what can be stored.
  /// - Throws: ``HDF5Error`` naming `path` if it is not plain numbers of a sane size in this file.
  init(
    checking dataset: borrowing HDF5Handle, path: String, fileByteCount: Int
  ) throws(HDF5Error) {
    // The layout comes first: asking a virtual dataset for its extent opens other files.
    let creation = try HDF5Handle(
      H5Dget_create_plist(dataset.id), closing: H5Pclose,
      orThrow: HDF5Library.failure(of: path))
    let isFiltered = try Self.checkStorage(creation, path: path)
    let space = try HDF5Handle(
      H5Dget_space(dataset.id), closing: H5Sclose, orThrow: HDF5Library.failure(of: path))
    let type = try HDF5Handle(
      H5Dget_type(dataset.id), closing: H5Tclose, orThrow: HDF5Library.failure(of: path))
    elementType = try Self.elementType(of: type, path: path)
    shape = try Self.shape(of: space, path: path)
    self.path = path
    storedByteCount = Int(clamping: H5Dget_storage_size(dataset.id))
    try checkSize(fileByteCount: fileByteCount, isFiltered: isFiltered)
    if H5Pget_layout(creation.id) == H5D_CHUNKED {
      try checkChunks(of: dataset, space, creation)
    }
  }

  /// Checks where and how the elements are stored; returns whether filters transform them.
  private static func checkStorage(
    _ creation: borrowing HDF5Handle, path: String
  ) throws(HDF5Error) -> Bool {
    switch H5Pget_layout(creation.id) {
    case H5D_COMPACT, H5D_CONTIGUOUS, H5D_CHUNKED: break
    case H5D_VIRTUAL: throw .storageOutsideFile(object: path, kind: "a virtual dataset")
    default: throw .malformed(object: path, reason: "unknown layout")
    }
    guard H5Pget_external_count(creation.id) == 0 else {
      throw .storageOutsideFile(object: path, kind: "external storage")
    }
    let count = Int(H5Pget_nfilters(creation.id))
    guard count >= 0 else { throw HDF5Library.failure(of: path) }
    guard count <= HDF5Limits.filterCount else {
      throw .limitExceeded(
        object: path, quantity: "filters", limit: HDF5Limits.filterCount, found: count)
    }
    for index in 0..<count {
      var flags: UInt32 = 0
      var valueCount = 0
      let filter = unsafe H5Pget_filter2(
        creation.id, UInt32(index), &flags, &valueCount, nil, 0, nil, nil)
      let isKnown = [H5Z_FILTER_DEFLATE, H5Z_FILTER_SHUFFLE, H5Z_FILTER_FLETCHER32].contains(filter)
      guard isKnown, H5Zfilter_avail(filter) > 0 else {
        throw .unsupportedFilter(object: path, filter: name(ofFilter: filter))
      }
    }
    return count > 0
  }

  private static func name(ofFilter filter: H5Z_filter_t) -> String {
    switch filter {
    case H5Z_FILTER_DEFLATE: "deflate, which this build of HDF5 lacks"
    case H5Z_FILTER_SZIP: "szip"
    case H5Z_FILTER_NBIT: "nbit"
    case H5Z_FILTER_SCALEOFFSET: "scaleoffset"
    case 32_000: "lzf"
    case 32_001: "blosc"
    case 32_004: "lz4"
    case 32_015: "zstd"
    default: "number \(filter)"
    }
  }

  private static func elementType(
    of type: borrowing HDF5Handle, path: String
  ) throws(HDF5Error) -> ElementType {
    let byteCount = Int(clamping: H5Tget_size(type.id))
    let name: String
    switch H5Tget_class(type.id) {
    case H5T_FLOAT where [2, 4, 8].contains(byteCount): return .float(byteCount: byteCount)
    case H5T_INTEGER where [1, 2, 4, 8].contains(byteCount): return .integer(byteCount: byteCount)
    case H5T_FLOAT: name = "floating point of \(byteCount) bytes"
    case H5T_INTEGER: name = "integer of \(byteCount) bytes"
    case H5T_STRING: name = "string"
    case H5T_BITFIELD: name = "bit field"
    case H5T_OPAQUE: name = "opaque"
    case H5T_COMPOUND: name = "compound"
    case H5T_REFERENCE: name = "reference"
    case H5T_ENUM: name = "enumeration"
    case H5T_VLEN: name = "variable-length sequence"
    case H5T_ARRAY: name = "array"
    default: name = "unknown"
    }
    throw .unsupportedElementType(object: path, found: name)
  }

  private static func shape(
    of space: borrowing HDF5Handle, path: String
  ) throws(HDF5Error) -> Shape {
    switch H5Sget_simple_extent_type(space.id) {
    case H5S_SCALAR: return []
    case H5S_SIMPLE: break
    case H5S_NULL: throw .noElements(object: path)
    default: throw .malformed(object: path, reason: "unknown dataspace")
    }
    let rank = Int(H5Sget_simple_extent_ndims(space.id))
    guard rank >= 0 else { throw HDF5Library.failure(of: path) }
    guard rank <= HDF5Limits.rank else {
      throw .limitExceeded(
        object: path, quantity: "dimensions", limit: HDF5Limits.rank, found: rank)
    }
    var extents = [hsize_t](repeating: 0, count: rank)
    guard unsafe H5Sget_simple_extent_dims(space.id, &extents, nil) == rank else {
      throw HDF5Library.failure(of: path)
    }
    guard !extents.contains(0) else { throw .noElements(object: path) }
    let count = product(extents)
    guard let count, count <= HDF5Limits.elementCount else {
      throw .limitExceeded(
        object: path, quantity: "elements", limit: HDF5Limits.elementCount, found: count ?? .max)
    }
    return Shape(extents.map { Int($0) })
  }

  private func checkSize(fileByteCount: Int, isFiltered: Bool) throws(HDF5Error) {
    guard storedByteCount > 0 else { throw .noElements(object: path) }
    guard storedByteCount <= fileByteCount else {
      throw .malformed(
        object: path, reason: "stores \(storedByteCount) bytes in a file of \(fileByteCount)")
    }
    let (allowed, overflows) = storedByteCount.multipliedReportingOverflow(
      by: HDF5Limits.inflation)
    guard overflows || declaredByteCount <= max(HDF5Limits.freeByteCount, allowed) else {
      throw .inflated(
        object: path, declaredByteCount: declaredByteCount, storedByteCount: storedByteCount)
    }
    guard isFiltered || storedByteCount >= declaredByteCount else {
      throw .malformed(
        object: path, reason: "stores \(storedByteCount) of \(declaredByteCount) bytes")
    }
  }

  /// Checks that chunks are of a sane size and that none is missing.
  ///
  /// A chunk that was never written reads as zeros.
  private func checkChunks(
    of dataset: borrowing HDF5Handle, _ space: borrowing HDF5Handle,
    _ creation: borrowing HDF5Handle
  ) throws(HDF5Error) {
    var extents = [hsize_t](repeating: 0, count: shape.rank)
    guard unsafe H5Pget_chunk(creation.id, Int32(shape.rank), &extents) == shape.rank else {
      throw HDF5Library.failure(of: path)
    }
    let limit = max(declaredByteCount, HDF5Limits.chunkByteCount)
    let byteCount = product(extents + [hsize_t(elementType.byteCount)])
    guard let byteCount, byteCount <= limit, !extents.contains(0) else {
      throw .limitExceeded(
        object: path, quantity: "bytes a chunk", limit: limit, found: byteCount ?? .max)
    }
    let expected = zip(shape.dimensions, extents).map { extent, chunk in
      (extent - 1) / Int(chunk) + 1
    }.reduce(1, *)
    var found: hsize_t = 0
    guard unsafe H5Dget_num_chunks(dataset.id, space.id, &found) >= 0 else {
      throw HDF5Library.failure(of: path)
    }
    guard found == expected else {
      throw .malformed(object: path, reason: "stores \(found) of \(expected) chunks")
    }
  }
}

// MARK: - Elements

extension HDF5Dataset {
  /// Reads the elements, which the library converts to FP32.
  ///
  /// - Throws: ``HDF5Error`` if they cannot be read or the dataset is no longer what it was.
  func elements(in file: borrowing HDF5Handle, fileByteCount: Int) throws(HDF5Error) -> [Float] {
    let handle = try unsafe HDF5Handle(
      H5Dopen2(file.id, path, vitq_h5_default()), closing: H5Dclose,
      orThrow: HDF5Library.failure(of: path))
    let current = try HDF5Dataset(checking: handle, path: path, fileByteCount: fileByteCount)
    guard current == self else {
      throw .malformed(object: path, reason: "changed while the file was read")
    }
    var elements = [Float](repeating: 0, count: shape.elementCount)
    let status = unsafe elements.withUnsafeMutableBytes {
      unsafe H5Dread(
        handle.id, vitq_h5_native_float(), vitq_h5_whole(), vitq_h5_whole(), vitq_h5_default(),
        $0.baseAddress)
    }
    guard status >= 0 else { throw HDF5Library.failure(of: path) }
    return elements
  }
}

/// The product, or `nil` if it exceeds an `Int`.
private func product(_ factors: [hsize_t]) -> Int? {
  factors.reduce(1) { product, factor in
    guard let product, let factor = Int(exactly: factor) else { return nil }
    let (result, overflows) = product.multipliedReportingOverflow(by: factor)
    return overflows ? nil : result
  }
}
