/** Marks that are close on the screen are drawn as one. */
import { radiusOf } from './marks';

/** Addresses drawn as one mark. */
export interface Cluster {
  /** On the screen. */
  x: number;
  y: number;
  radius: number;
  attempts: number;
  /** How many addresses. */
  size: number;
  /** The one with the most attempts. */
  top: number;
  topAttempts: number;
  /** Whether it stands where nobody can be. */
  doubtful: boolean;
  /** Which cells of the grid it was put together from. */
  cells: number[];
}

/** How drawn coordinates become those on the screen. */
export interface View {
  scale: number;
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The size of a mark's cell on the screen. */
const CELL = 22;

/** What is drawn: coordinates in the drawing, attempts (0 hides), and whether somebody can be there. */
export interface Points {
  index: Int32Array;
  x: Float32Array;
  y: Float32Array;
  doubtful: Uint8Array;
}

export class Clusters {
  readonly list: Cluster[] = [];
  /** The most attempts of one mark. */
  most = 0;
  readonly #cellOf: Int32Array;
  readonly #points: Points;
  readonly #attempts: Float64Array;

  constructor(points: Points, attempts: Float64Array, view: View) {
    this.#points = points;
    this.#attempts = attempts;
    this.#cellOf = new Int32Array(points.index.length).fill(-1);
    const cells = this.#grid(view);
    this.#join(cells);
  }

  /** Returns the addresses of a mark, those with the most attempts first. */
  members(cluster: Cluster): number[] {
    const cells = new Set(cluster.cells);
    const found: number[] = [];
    for (let at = 0; at < this.#cellOf.length; at++) {
      if (this.#cellOf[at] >= 0 && cells.has(this.#cellOf[at])) found.push(this.#points.index[at]);
    }
    return found.sort((one, other) => this.#attempts[other] - this.#attempts[one] || one - other);
  }

  /** Returns how far the addresses of a mark are apart, in the drawing's coordinates. */
  spread(cluster: Cluster): number {
    const cells = new Set(cluster.cells);
    let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let at = 0; at < this.#cellOf.length; at++) {
      if (this.#cellOf[at] < 0 || !cells.has(this.#cellOf[at])) continue;
      left = Math.min(left, this.#points.x[at]);
      right = Math.max(right, this.#points.x[at]);
      top = Math.min(top, this.#points.y[at]);
      bottom = Math.max(bottom, this.#points.y[at]);
    }
    return Math.max(0, right - left, bottom - top);
  }

  #grid(view: View): Cluster[] {
    const { index, x, y, doubtful } = this.#points;
    const columns = Math.ceil(view.width / CELL) + 4;
    const rows = Math.ceil(view.height / CELL) + 4;
    const cellAt = new Int32Array(columns * rows * 2).fill(-1);
    const cells: Cluster[] = [];
    for (let at = 0; at < index.length; at++) {
      const attempts = this.#attempts[index[at]];
      if (!(attempts > 0)) continue;
      const [left, top] = [view.x + x[at] * view.scale, view.y + y[at] * view.scale];
      const column = Math.floor(left / CELL) + 2;
      const row = Math.floor(top / CELL) + 2;
      if (column < 0 || row < 0 || column >= columns || row >= rows) continue;
      const place = (row * columns + column) * 2 + doubtful[at];
      let number = cellAt[place];
      if (number < 0) {
        number = cellAt[place] = cells.length;
        cells.push({ x: 0, y: 0, radius: 0, attempts: 0, size: 0, top: -1, topAttempts: 0, doubtful: doubtful[at] === 1, cells: [number] });
      }
      const cell = cells[number];
      // The mark stands where most attempts come from.
      cell.x += left * attempts;
      cell.y += top * attempts;
      cell.attempts += attempts;
      cell.size += 1;
      if (attempts > cell.topAttempts) [cell.top, cell.topAttempts] = [index[at], attempts];
      this.#cellOf[at] = number;
    }
    for (const cell of cells) {
      cell.x /= cell.attempts;
      cell.y /= cell.attempts;
    }
    return cells;
  }

  /** Takes in marks that lie under a larger one, until none lies half under another. */
  #join(cells: Cluster[]): void {
    this.most = cells.reduce((most, cell) => Math.max(most, cell.attempts), 0);
    cells.sort((one, other) => other.attempts - one.attempts);
    const near = new Map<number, Cluster[]>();
    const key = (x: number, y: number) => Math.floor(x / (2 * CELL)) * 4096 + Math.floor(y / (2 * CELL));
    for (const cell of cells) {
      cell.radius = radiusOf(cell.attempts);
      const into = this.#larger(cell, near);
      if (into) {
        into.size += cell.size;
        into.attempts += cell.attempts;
        into.cells.push(...cell.cells);
        if (cell.topAttempts > into.topAttempts) [into.top, into.topAttempts] = [cell.top, cell.topAttempts];
        continue;
      }
      this.list.push(cell);
      const place = key(cell.x, cell.y);
      const there = near.get(place);
      if (there) there.push(cell);
      else near.set(place, [cell]);
    }
    this.most = this.list.reduce((most, cell) => Math.max(most, cell.attempts), 0);
    for (const cell of this.list) cell.radius = radiusOf(cell.attempts);
  }

  #larger(cell: Cluster, near: Map<number, Cluster[]>): Cluster | undefined {
    const column = Math.floor(cell.x / (2 * CELL));
    const row = Math.floor(cell.y / (2 * CELL));
    for (let right = -1; right <= 1; right++) {
      for (let down = -1; down <= 1; down++) {
        for (const other of near.get((column + right) * 4096 + row + down) ?? []) {
          if (other.doubtful !== cell.doubtful) continue;
          const distance = Math.hypot(other.x - cell.x, other.y - cell.y);
          if (distance < Math.max(CELL * 0.6, other.radius + cell.radius * 0.4)) return other;
        }
      }
    }
    return undefined;
  }
}
