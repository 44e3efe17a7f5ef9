extension ProgramVerifier {
  mutating func check(_ norm: Program.GatherNorm, _ at: Places) throws(ProgramError) {
    let source = try buffer(norm.source, at("source"), [.f32])
    switch norm.gather {
    case .windows(let grid): try check(grid, at, "gather")
    case .neighbours(let height, let width):
      try at("gather.height").require(height, in: 1...Program.Limit.rows)
      try at("gather.width").require(width, in: 1...Program.Limit.rows)
    }
    try checkTokens(norm.gather.tokenCount, source, at("source"))
    let columns = source.columns * norm.gather.tokensPerRow
    try checkColumns(norm.target, columns, norm.quantizer == nil ? .f32 : .u8, at)
    if let quantizer = norm.quantizer { try check(quantizer, .u8, at, "quantizer") }
    try checkEpsilon(norm.epsilon, at)
    try constants.floats(norm.gamma, count: columns, at("gamma"))
    try constants.floats(norm.beta, count: columns, at("beta"))
    let rows = program.buffers[norm.target.index].rows
    try at("target").require(
      rows == norm.gather.rowCount, "\(norm.gather.rowCount) rows", "\(rows)")
    try checkDistinct(norm.target, [norm.source], at)
    try read(norm.source, 0..<source.rows, at("source"))
    try write(norm.target, 0..<rows, at("target"))
  }

  mutating func check(_ linear: Program.ScatterLinear, _ at: Places) throws(ProgramError) {
    try checkLinear(linear.source, linear.weights, linear.target, at)
    let target = try buffer(linear.target, at("target"), [.f32])
    try check(linear.grid, at, "grid")
    try checkTokens(linear.grid.tokenCount, target, at("target"))
    let rows = program.buffers[linear.source.index].rows
    try at("source").require(
      rows == linear.grid.rowCount, "\(linear.grid.rowCount) rows", "\(rows)")
    try checkDistinct(linear.target, [linear.source], at)
    try read(linear.source, 0..<rows, at("source"))
    try read(linear.target, 0..<target.rows, at("target"))
  }

  /// Checks the windows of an attention over `rows` keys.
  func check(
    _ windows: Program.Windows, heads: Int, rows: Int, _ at: Places
  ) throws(ProgramError) {
    try at("windows.height").require(windows.height, in: 1...Program.Limit.rows)
    try at("windows.width").require(windows.width, in: 1...Program.Limit.rows)
    try at("windows").require(
      rows % windows.tokenCount == 0, "a divisor of the \(rows) keys", "\(windows.tokenCount)")
    // So that scores and their differences are finite.
    let limit = Float(sign: .plus, exponent: 64, significand: 1)
    try at("windows.scoreStep").requirePositive(windows.scoreStep)
    try at("windows.scoreStep").require(
      windows.scoreStep <= limit, "at most 2^64", "\(windows.scoreStep)")
    let bias = try constants.floats(
      windows.bias, count: heads * (2 * windows.height - 1) * (2 * windows.width - 1),
      at("windows.bias"))
    try at("windows.bias").require(
      bias.allSatisfy { $0.magnitude <= limit }, "numbers up to 2^64", "a larger one")
    try at("windows.penalty").require(
      windows.penalty.magnitude <= limit, "a number from -2^64 to 2^64", "\(windows.penalty)")
    if let regions = windows.regions {
      try constants.bytes(regions, count: rows, at("windows.regions"))
    }
  }

  func check(
    _ grid: Program.WindowGrid, _ at: Places, _ field: String
  ) throws(ProgramError) {
    let sides = 1...Program.Limit.rows
    try at("\(field).height").require(grid.height, in: sides)
    try at("\(field).width").require(grid.width, in: sides)
    try at("\(field).windowHeight").require(grid.windowHeight, in: sides)
    try at("\(field).windowWidth").require(grid.windowWidth, in: sides)
    try at("\(field).shiftRows").require(grid.shiftRows, in: 0...grid.height - 1)
    try at("\(field).shiftColumns").require(grid.shiftColumns, in: 0...grid.width - 1)
  }

  func checkTokens(
    _ count: Int, _ buffer: Program.Buffer, _ place: ProgramPlace
  ) throws(ProgramError) {
    try place.require(buffer.rows == count, "\(count) rows, one for each token", "\(buffer.rows)")
  }
}
