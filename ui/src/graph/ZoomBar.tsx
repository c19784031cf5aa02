import { Maximize, ZoomIn, ZoomOut } from 'lucide-react'
import { Button, IconButton } from '@/components/Button'
import { strings } from '@/lib/strings'

export function ZoomBar({ scale, onZoom, onFit }: { scale: number; onZoom: (by: 1 | -1) => void; onFit: () => void }) {
  return (
    <div className="gr-zoom" onPointerDown={(event) => event.stopPropagation()}>
      <IconButton icon={ZoomOut} label={strings.graph.zoomOut} onClick={() => onZoom(-1)} />
      <span className="btn gr-scale">{Math.round(scale * 100)} %</span>
      <IconButton icon={ZoomIn} label={strings.graph.zoomIn} onClick={() => onZoom(1)} />
      <Button icon={Maximize} hint="0" onClick={onFit}>
        {strings.graph.fit}
      </Button>
    </div>
  )
}
