/** Whether there is land near a point: the outlines painted once, a little wider than they are, and looked up by pixel. */
import { HEIGHT, KM_A_UNIT, VIEW, WIDTH, project, world } from './world';

/** Pixels a unit: a pixel is about 34 km. */
const FINE = 1;
/** The outlines are this much wider: they are drawn coarsely, and small islands are not in them. */
const MARGIN_KM = 60;

/** Returns the question `(longitude, latitude, km) => is land that near`. */
export function landNear(): (longitude: number, latitude: number, km: number) => boolean {
  const top = Math.max(0, VIEW.top - 20);
  const [width, height] = [WIDTH * FINE, Math.ceil((HEIGHT + 120) * FINE)];
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = [width, height];
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  if (!pen) return () => true;
  pen.setTransform(FINE, 0, 0, FINE, 0, -top * FINE);
  pen.lineWidth = (2 * MARGIN_KM) / KM_A_UNIT;
  pen.lineJoin = 'round';
  const { countries, lands } = world();
  for (const { path } of countries) {
    pen.fill(path);
    pen.stroke(path);
  }
  const side = (2 * MARGIN_KM) / KM_A_UNIT;
  for (const [x, y] of lands) pen.fillRect(x - side / 2, y - side / 2, side, side);
  const { data } = pen.getImageData(0, 0, width, height);
  const painted = (x: number, y: number) =>
    y >= height || (x >= 0 && x < width && y >= 0 && data[(y * width + x) * 4 + 3] > 0);
  return (longitude, latitude, km) => {
    const at = project([longitude, latitude]);
    const [x, y] = [Math.round(at[0] * FINE), Math.round((at[1] - top) * FINE)];
    if (painted(x, y)) return true;
    const reach = Math.floor(((km - MARGIN_KM) / KM_A_UNIT) * FINE);
    for (let down = -reach; down <= reach; down++) {
      for (let right = -reach; right <= reach; right++) {
        if (right * right + down * down <= reach * reach && painted(x + right, y + down)) return true;
      }
    }
    return false;
  };
}
