package import VitqReporting

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Size, load time, speed and memory of models, measured in one run.
package struct Benchmark: Sendable {
  /// What was measured of one model.
  package struct Row: Sendable {
    package let path: String
    package let engine: String
    package let threads: Int
    package let fileByteCount: Int
    package let loadSeconds: Double
    /// Seconds of one image, from the model's input bytes to its logits, with nothing beside it.
    package let latency: Samples
    /// Images at once, each with ``threads`` threads.
    package let streams: Int
    /// Images a second of all streams together.
    package let throughput: Samples
    /// The tokens of the last block that are computed, of all; `nil` of full precision.
    package let lastBlock: String?
    /// Peak resident memory of a whole `vitq infer` process; `nil` if it could not be run.
    package let peakByteCount: Int?
  }

  package let rows: [Row]
  package let machine: String

  /// Rounds of the throughput, which share the images of a model's timed runs in each stream.
  package static let throughputRounds = 5

  /// Times the models: one image of each in turn, then several images of each at once in turn.
  ///
  /// - Parameters:
  ///   - paths: The models.
  ///   - threads: Numbers of threads that share an image in the packed runtime, a row for each; the
  ///     evaluator has one.
  ///   - streams: Images at once, for the throughput of a model with so many threads an image.
  ///   - runs: Timed runs of each model.
  ///   - warmUpSeconds: How long to run all of them before.
  ///   - machine: The name of the machine, for the report.
  ///   - peak: The peak memory of a process that classifies one image with the model at a path.
  ///   - progress: Called with the number of finished rounds, of `runs` and those of the throughput.
  /// - Throws: ``KitError``.
  package init(
    of paths: [String], threads: [Int], streams: (_ threads: Int) -> Int, runs: Int,
    warmUpSeconds: Double, machine: String, peak: (String) -> Int?, progress: (Int) -> Void
  ) throws(KitError) {
    var contestants: [TimedModel] = []
    for path in paths {
      for count in threads {
        let contestant = try TimedModel(path: path, threads: count)
        if contestant.classifier.isPacked || count == threads.first {
          contestants.append(contestant)
        }
      }
    }
    let start = ContinuousClock.now
    repeat {
      for contestant in contestants { _ = try contestant.run() }
    } while (ContinuousClock.now - start).inSeconds < warmUpSeconds
    var seconds: [[Double]] = Array(repeating: [], count: contestants.count)
    for round in 0..<runs {
      for (index, contestant) in contestants.enumerated() {
        seconds[index].append(try contestant.run())
      }
      progress(round + 1)
    }
    let throughput = try Self.throughput(of: contestants, streams: streams, runs: runs) {
      progress(runs + $0)
    }
    self.machine = machine
    var peaks: [String: Int] = [:]
    for path in paths { peaks[path] = peak(path) }
    rows = contestants.indices.map { index in
      let contestant = contestants[index]
      return Row(
        path: contestant.classifier.path, engine: contestant.classifier.engine,
        threads: contestant.threads,
        fileByteCount: Self.byteCount(of: contestant.classifier.path),
        loadSeconds: contestant.loadSeconds, latency: Samples(seconds[index]),
        streams: throughput[index].streams,
        throughput: Samples(throughput[index].imagesPerSecond),
        lastBlock: contestant.classifier.lastBlock,
        peakByteCount: peaks[contestant.classifier.path])
    }
  }

  private static func throughput(
    of contestants: [TimedModel], streams: (Int) -> Int, runs: Int, progress: (Int) -> Void
  ) throws(KitError) -> [(streams: Int, imagesPerSecond: [Double])] {
    var groups: [TimedStreams] = []
    for contestant in contestants {
      let group = try TimedStreams(contestant, count: streams(contestant.threads))
      _ = try group.run(imageCount: group.count)
      groups.append(group)
    }
    var results = groups.map { (streams: $0.count, imagesPerSecond: [Double]()) }
    let imageCount = (runs + throughputRounds - 1) / throughputRounds
    for round in 0..<throughputRounds {
      for (index, group) in groups.enumerated() {
        results[index].imagesPerSecond.append(
          try group.run(imageCount: imageCount * group.count))
      }
      progress(round + 1)
    }
    return results
  }

  private static func byteCount(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}

extension Benchmark: RowReport {
  /// The table of the rows; ratios are to the first.
  package var table: Table {
    var table = Table([
      "model", ">size", ">load ms", ">ms min", ">median", ">p90", ">speed-up", ">threads",
      ">images/s", ">streams", ">peak RSS", ">last block", "engine",
    ])
    for row in rows {
      table.append([
        row.path, Figures.megabytes(row.fileByteCount), Figures.milliseconds(row.loadSeconds),
        Figures.milliseconds(row.latency.minimum), Figures.milliseconds(row.latency.median),
        Figures.milliseconds(row.latency.percentile90),
        Figures.fixed(rows[0].latency.median / row.latency.median, 2) + "×",
        "\(row.threads)", Figures.fixed(row.throughput.median, 1), "\(row.streams)",
        row.peakByteCount.map(Figures.megabytes) ?? "–", row.lastBlock ?? "–", row.engine,
      ])
    }
    return table
  }

  /// The rows with all samples.
  package var records: Records {
    Records(
      rows.map { row in
        [
          ("model", .string(row.path)), ("engine", .string(row.engine)),
          ("threads", .integer(row.threads)), ("file_bytes", .integer(row.fileByteCount)),
          ("load_seconds", .number(row.loadSeconds)),
          ("min_seconds", .number(row.latency.minimum)),
          ("median_seconds", .number(row.latency.median)),
          ("p90_seconds", .number(row.latency.percentile90)),
          ("streams", .integer(row.streams)),
          ("images_per_second", .number(row.throughput.median)),
          ("max_images_per_second", .number(row.throughput.sorted.last ?? 0)),
          ("last_block_rows", row.lastBlock.map(JSONText.string) ?? .null),
          ("peak_bytes", row.peakByteCount.map(JSONText.integer) ?? .null),
          ("samples_seconds", .array(row.latency.sorted.map(JSONText.number))),
        ]
      })
  }

  package var document: JSONText {
    .object([
      ("schema", .string("vitq.bench/1")), ("machine", .string(machine)),
      ("models", records.json),
    ])
  }
}
